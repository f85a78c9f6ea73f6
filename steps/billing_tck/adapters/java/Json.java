import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON in and out, and the contract's values as it writes them. Nothing here needs to be changed. */
final class Json {
    private final String text;
    private int at = 0;

    private Json(String text) {
        this.text = text;
    }

    /** A Map, List, String, Long, BigDecimal, Boolean or null. Throws IllegalArgumentException where it is no JSON. */
    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.blanks();
        if (json.at < text.length()) {
            throw json.wrong("nothing more");
        }
        return value;
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long) {
            out.append(value);
        } else if (value instanceof BigDecimal money) {
            quote(money.setScale(2, RoundingMode.UNNECESSARY).toPlainString(), out);
        } else if (value instanceof Instant instant) {
            quote(instant.truncatedTo(ChronoUnit.SECONDS).toString(), out);
        } else if (value instanceof Map<?, ?> object) {
            char before = '{';
            for (Map.Entry<?, ?> entry : object.entrySet()) {
                out.append(before);
                quote(entry.getKey().toString(), out);
                out.append(':');
                write(entry.getValue(), out);
                before = ',';
            }
            out.append(object.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> list) {
            out.append('[');
            boolean first = true;
            for (Object item : list) {
                if (!first) {
                    out.append(',');
                }
                first = false;
                write(item, out);
            }
            out.append(']');
        } else if (value instanceof String || value instanceof LocalDate || value instanceof Enum<?>) {
            quote(value.toString(), out);
        } else {
            throw new IllegalArgumentException("the contract has no values of " + value.getClass());
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private Object value() {
        blanks();
        char c = peek();
        if (c == '{') {
            return object();
        } else if (c == '[') {
            return list();
        } else if (c == '"') {
            return string();
        } else if (c == '-' || Character.isDigit(c)) {
            return number();
        }
        for (Map.Entry<String, Object> word : WORDS) {
            if (text.startsWith(word.getKey(), at)) {
                at += word.getKey().length();
                return "null".equals(word.getKey()) ? null : word.getValue();
            }
        }
        throw wrong("a value");
    }

    private static final List<Map.Entry<String, Object>> WORDS =
            List.of(Map.entry("true", true), Map.entry("false", false), Map.entry("null", ""));

    private Map<String, Object> object() {
        Map<String, Object> made = new LinkedHashMap<>();
        at++;
        blanks();
        while (peek() != '}') {
            String name = string();
            blanks();
            expect(':');
            made.put(name, value());
            if (!another('}')) {
                break;
            }
        }
        at++;
        return made;
    }

    private List<Object> list() {
        List<Object> made = new ArrayList<>();
        at++;
        blanks();
        while (peek() != ']') {
            made.add(value());
            if (!another(']')) {
                break;
            }
        }
        at++;
        return made;
    }

    private boolean another(char end) {
        blanks();
        if (peek() == end) {
            return false;
        }
        expect(',');
        blanks();
        return true;
    }

    private String string() {
        StringBuilder made = new StringBuilder();
        expect('"');
        for (char c = peek(); c != '"'; c = peek()) {
            at++;
            made.append(c == '\\' ? escaped() : c);
        }
        at++;
        return made.toString();
    }

    private char escaped() {
        char c = peek();
        at++;
        if (c == 'u') {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        int known = "\"\\/bfnrt".indexOf(c);
        if (known < 0) {
            throw wrong("an escape");
        }
        return "\"\\/\b\f\n\r\t".charAt(known);
    }

    private Object number() {
        int begin = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(begin, at);
        return digits.matches("-?\\d{1,18}") ? (Object) Long.valueOf(digits) : new BigDecimal(digits);
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw wrong("more");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw wrong("'" + c + "'");
        }
        at++;
    }

    private IllegalArgumentException wrong(String expected) {
        return new IllegalArgumentException("expected " + expected + " at character " + at);
    }
}
