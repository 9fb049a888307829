import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The URLs of one batch and one slot a request, allocated and written before the clock starts. */
final class Batch {
    private static final int TEXTS_KEPT = 5;
    // The tail of each answer's body: "token":" 16 hexadecimal digits "}
    private static final String TAIL_PREFIX = "\"token\":\"", TAIL_SUFFIX = "\"}";
    private static final int TAIL = TAIL_PREFIX.length() + 16 + TAIL_SUFFIX.length();
    // What became of a request, in the order in which it goes through them.
    private static final byte NOT_SENT = 0, SENT = 1, FAILED = 2, ANSWERED = 3, WITH_TOKEN = 4;

    final List<String> urls;
    final int concurrency;
    final List<String> texts = new ArrayList<>();
    private long zero = System.nanoTime();
    private final byte[] state;
    private final int[] status;
    private final long[] start, end, hold, bytes, token;

    Batch(List<String> urls, int concurrency) {
        this.urls = urls;
        this.concurrency = concurrency;
        int size = urls.size();
        state = new byte[size];
        status = new int[size];
        start = new long[size];
        end = new long[size];
        hold = new long[size];
        bytes = new long[size];
        token = new long[size];
    }

    void startClock() {
        zero = System.nanoTime();
    }

    long now() {
        return System.nanoTime() - zero;
    }

    /** Just before the request is handed to the client. Gives the URL. */
    String send(int index) {
        state[index] = SENT;
        start[index] = now();
        return urls.get(index);
    }

    /** Just after the whole body is there; {@code serverTiming} is that header's text or null. */
    void finish(int index, int status, String serverTiming, byte[] body) {
        end[index] = now();
        this.status[index] = status;
        hold[index] = holdNs(serverTiming);
        bytes[index] = body.length;
        state[index] = readToken(index, body) ? WITH_TOKEN : ANSWERED;
    }

    /** The client gave up; the first few texts are kept. */
    void fail(int index, Throwable error) {
        end[index] = now();
        state[index] = FAILED;
        synchronized (texts) {
            if (texts.size() < TEXTS_KEPT) texts.add("request " + index + ": " + error);
        }
    }

    /** Nanoseconds of a header such as {@code hold;dur=50.123456} (milliseconds); 0 where there is none. */
    private static long holdNs(String serverTiming) {
        int at = serverTiming == null ? -1 : serverTiming.indexOf("hold;dur=");
        if (at < 0) return 0;
        String value = serverTiming.substring(at + "hold;dur=".length()).split("[;,]", 2)[0];
        return Math.round(Double.parseDouble(value) * 1e6);
    }

    private boolean readToken(int index, byte[] body) {
        if (body.length < TAIL) return false;
        String tail = new String(body, body.length - TAIL, TAIL, StandardCharsets.ISO_8859_1);
        if (!tail.startsWith(TAIL_PREFIX) || !tail.endsWith(TAIL_SUFFIX)) return false;
        try {
            int digits = TAIL_PREFIX.length();
            token[index] = Long.parseUnsignedLong(tail, digits, digits + 16, 16);
            return true;
        } catch (NumberFormatException none) {
            return false;
        }
    }

    /** The samples from {@code first} to before {@code last}, as one line of the report. */
    Map<String, Object> columns(int first, int last) {
        String[] names = {"start_ns", "end_ns", "hold_ns", "status", "bytes", "token", "error"};
        Map<String, List<Object>> columns = new LinkedHashMap<>();
        for (String name : names) columns.put(name, new ArrayList<>(last - first));
        for (int row = first; row < last; row++) {
            columns.get("start_ns").add(start[row]);
            columns.get("end_ns").add(end[row]);
            columns.get("hold_ns").add(hold[row]);
            columns.get("status").add(status[row]);
            columns.get("bytes").add(bytes[row]);
            columns.get("token").add(state[row] == WITH_TOKEN ? String.format("%016x", token[row]) : null);
            columns.get("error").add(error(row));
        }
        Map<String, Object> line = new LinkedHashMap<>(Map.of("type", "samples"));
        line.putAll(columns);
        return line;
    }

    private String error(int index) {
        switch (state[index]) {
            case NOT_SENT: return "not_sent";
            case SENT: return "unfinished";
            case FAILED: return "client";
            default:
                if (status[index] != 200) return "status";
                return state[index] == WITH_TOKEN ? null : "body";
        }
    }
}
