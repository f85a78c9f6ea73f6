import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** JSON-RPC 2.0 in front of the adapter, over HTTP: java -cp out Server PORT. Nothing here needs to be changed. */
public final class Server {
    private final Contract adapter = new Adapter();

    public static void main(String[] args) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else each answer waits for an acknowledgement
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 8080; // 0 takes a free one
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        Server one = new Server();
        server.createContext("/", one::exchange);
        server.start();
        System.out.println("listening on http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private void exchange(HttpExchange http) throws IOException {
        try (http) {
            String body = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            byte[] answer = Json.write(answer(body)).getBytes(StandardCharsets.UTF_8);
            http.getResponseHeaders().set("Content-Type", "application/json");
            http.sendResponseHeaders(200, answer.length);
            http.getResponseBody().write(answer);
        }
    }

    private synchronized Map<String, Object> answer(String body) {
        Object id = null;
        try {
            Map<?, ?> request = (Map<?, ?>) Json.read(body);
            id = request.get("id");
            Map<?, ?> params = request.get("params") instanceof Map<?, ?> given ? given : Map.of();
            Object result = adapter.call((String) request.get("method"), new Contract.Params(params));
            return Contract.object("jsonrpc", "2.0", "id", id, "result", result);
        } catch (Contract.Refused refused) {
            return error(id, 1, refused.getMessage(), Contract.object("reason", refused.reason));
        } catch (Contract.Unsupported unsupported) {
            return error(id, -32601, "not supported here", null);
        } catch (RuntimeException broken) {
            broken.printStackTrace();
            return error(id, -32603, broken.toString(), null);
        }
    }

    private static Map<String, Object> error(Object id, int code, String message, Object data) {
        Map<String, Object> error = Contract.object("code", code, "message", message);
        if (data != null) {
            error.put("data", data);
        }
        return Contract.object("jsonrpc", "2.0", "id", id, "error", error);
    }
}
