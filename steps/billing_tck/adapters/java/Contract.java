import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an adapter builds on: the two outcomes beside a result, the parameters of a call, and JSON objects. */
abstract class Contract {
    /** The result of one call; Refused and Unsupported are thrown. */
    abstract Map<String, Object> call(String method, Params params);

    /** A JSON object: object("name", value, "name", value …). */
    static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> made = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            made.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return made;
    }

    /**
     * The system says no, as the rules want. The reason is one of unpaid_invoice, no_billing_method, memory_cap,
     * not_admin, not_permitted, not_signed_in, not_verified, no_business_info, already_subscribed, already_linked,
     * not_contacted, deleted, ended, other; "other" always will do.
     */
    @SuppressWarnings("serial")
    static final class Refused extends RuntimeException {
        final String reason;

        Refused(String reason, String message) {
            super(message);
            this.reason = reason;
        }
    }

    /** This system has no such thing. */
    @SuppressWarnings("serial")
    static final class Unsupported extends RuntimeException {}

    /** The parameters of a call; those with a second argument may be missing, and it is what they are then. */
    record Params(Map<?, ?> given) {
        String text(String name) {
            return (String) needed(name);
        }

        String text(String name, String missing) {
            return given.get(name) == null ? missing : text(name);
        }

        long integer(String name) {
            return ((Number) needed(name)).longValue();
        }

        long integer(String name, long missing) {
            return given.get(name) == null ? missing : integer(name);
        }

        boolean flag(String name, boolean missing) {
            return given.get(name) == null ? missing : (Boolean) given.get(name);
        }

        BigDecimal money(String name) {
            return new BigDecimal(text(name));
        }

        BigDecimal money(String name, BigDecimal missing) {
            return given.get(name) == null ? missing : money(name);
        }

        Instant instant(String name) {
            return Instant.parse(text(name));
        }

        private Object needed(String name) {
            if (given.get(name) == null) {
                throw new IllegalArgumentException(name + " is missing");
            }
            return given.get(name);
        }
    }
}
