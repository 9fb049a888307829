import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * java.net.http.HttpClient as peers: {@code Peer virtual-threads}, {@code Peer send-async}; {@code Peer --version} names
 * its parts. No proxy, no redirect, no compression; each body is read whole. HTTP/1.1, because the default asks each new
 * connection for an upgrade to HTTP/2.
 */
final class Peer {
    public static void main(String[] arguments) throws Exception {
        String versions = "java.net.http of JDK " + Runtime.version();
        switch (String.join(" ", arguments)) {
            case "--version" -> System.out.println(versions);
            case "virtual-threads" -> new Worker().run(versions, VirtualThreads::new);
            case "send-async" -> new Worker().run(versions, SendAsync::new);
            default -> {
                System.err.println("usage: Peer virtual-threads | send-async | --version");
                System.exit(1);
            }
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    private static void finish(Batch batch, int index, HttpResponse<byte[]> answer) {
        String timing = answer.headers().firstValue("server-timing").orElse(null);
        batch.finish(index, answer.statusCode(), timing, answer.body());
    }

    /** A virtual thread for each request, which blocks in {@code send}; C permits. */
    private static final class VirtualThreads implements Worker.Client {
        private final HttpClient client = client();
        private final Semaphore permits;

        VirtualThreads(int concurrency) {
            permits = new Semaphore(concurrency);
        }

        @Override
        public void fetch(Batch batch) throws InterruptedException {
            // Closing it waits for all of its threads.
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int index = 0; index < batch.urls.size(); index++) {
                    permits.acquire();
                    int mine = index;
                    threads.execute(() -> {
                        try {
                            fetchOne(batch, mine);
                        } finally {
                            permits.release();
                        }
                    });
                }
            }
        }

        private void fetchOne(Batch batch, int index) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(batch.send(index))).build();
            try {
                finish(batch, index, client.send(request, HttpResponse.BodyHandlers.ofByteArray()));
            } catch (Exception error) {
                batch.fail(index, error);
            }
        }
    }

    /** Futures of {@code sendAsync}; C permits. */
    private static final class SendAsync implements Worker.Client {
        private final HttpClient client = client();
        private final Semaphore permits;

        SendAsync(int concurrency) {
            permits = new Semaphore(concurrency);
        }

        @Override
        public void fetch(Batch batch) throws InterruptedException {
            for (int index = 0; index < batch.urls.size(); index++) {
                permits.acquire();
                int mine = index;
                HttpRequest request = HttpRequest.newBuilder(URI.create(batch.send(index))).build();
                client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()).whenComplete((answer, error) -> {
                    try {
                        if (error == null) finish(batch, mine, answer);
                        else batch.fail(mine, error);
                    } catch (Exception broken) {
                        batch.fail(mine, broken);
                    } finally {
                        permits.release();
                    }
                });
            }
            // All of them are back when the last request has ended.
            permits.acquire(batch.concurrency);
            permits.release(batch.concurrency);
        }
    }
}
