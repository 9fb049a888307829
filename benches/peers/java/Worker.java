import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The worker protocol in Java: hears the job, starts the clock, reports. A JVM cannot tell user from system time, so
 * it reports no usage, and the driver measures it from outside.
 */
final class Worker {
    private static final int PROTOCOL = 1;
    private static final int SAMPLES_A_LINE = 1_000;

    /** What a peer gives: a client, built where it is to be built. */
    interface Build {
        Client client(int concurrency);
    }

    /** Fetches batches. Around each request it calls {@code send} and then {@code finish} or {@code fail}. */
    interface Client {
        void fetch(Batch batch) throws Exception;
    }

    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
    private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    /** Runs the one batch that the driver asks for. */
    void run(String versions, Build build) throws Exception {
        say("type", "hello", "protocol", PROTOCOL, "versions", versions);
        Map<?, ?> job = expect("job");
        if (!job.get("protocol").equals((long) PROTOCOL)) {
            throw stop("this worker speaks protocol " + PROTOCOL + ", the driver " + job.get("protocol"));
        }
        Map<String, List<String>> urls = new LinkedHashMap<>();
        urls.put("warm_up", new ArrayList<>());
        urls.put("timed", new ArrayList<>());
        Map<?, ?> line = hear();
        for (; line.get("type").equals("urls"); line = hear()) {
            for (Object url : (List<?>) line.get("urls")) urls.get(line.get("part")).add((String) url);
        }
        if (!line.get("type").equals("prepare")) throw stop("expected urls or prepare, got " + line.get("type"));

        Map<?, ?> workload = (Map<?, ?>) job.get("workload");
        int concurrency = ((Long) workload.get("concurrency")).intValue();
        Batch batch = new Batch(urls.get("timed"), concurrency);
        Client client = null;
        if (workload.get("connections").equals("warm")) {
            client = build.client(concurrency);
            client.fetch(new Batch(urls.get("warm_up"), concurrency));
        }
        say("type", "ready");
        expect("start");

        batch.startClock();
        String error = null;
        try {
            if (client == null) client = build.client(concurrency);
            client.fetch(batch);
        } catch (Exception raised) {
            error = raised.toString();
        }
        say("type", "done", "makespan_ns", batch.now(), "error", error, "usage", null);
        expect("report");
        for (int first = 0; first < batch.urls.size(); first += SAMPLES_A_LINE) {
            say(batch.columns(first, Math.min(first + SAMPLES_A_LINE, batch.urls.size())));
        }
        say("type", "end", "texts", batch.texts);
        // Threads of the client's pools would keep the process for a while.
        System.exit(0);
    }

    private Map<?, ?> hear() throws IOException {
        String line = in.readLine();
        if (line == null) throw stop("the driver went away");
        return (Map<?, ?>) Json.read(line);
    }

    private Map<?, ?> expect(String owed) throws IOException {
        Map<?, ?> line = hear();
        if (!line.get("type").equals(owed)) throw stop("expected " + owed + ", got " + line.get("type"));
        return line;
    }

    private void say(Object... namesAndValues) {
        Map<String, Object> line = new LinkedHashMap<>();
        for (int at = 0; at < namesAndValues.length; at += 2) line.put((String) namesAndValues[at], namesAndValues[at + 1]);
        say(line);
    }

    private void say(Map<String, Object> line) {
        out.print(Json.write(line) + "\n");
        out.flush();
    }

    private static Error stop(String why) {
        System.err.println(why);
        System.exit(1);
        return new Error(why);
    }
}
