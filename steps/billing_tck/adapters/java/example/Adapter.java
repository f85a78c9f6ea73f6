import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A tiny billing system with a trial, and its adapter in one: everything that an adapter has to show, in small.
 *
 * <p>It knows trials, services and billing cycles. Usage beyond the trial is taken and not invoiced yet: that would be
 * the next family. A method that is missing in call is unsupported.
 */
final class Adapter extends Contract {
    private static final Duration TRIAL = Duration.ofDays(30);
    private static final Duration DELETION = Duration.ofDays(14); // after the end of the trial

    private static final class Service {
        final String name;
        final Organization owner;
        long gib;
        String state = "running";

        Service(String name, Organization owner, long gib) {
            this.name = name;
            this.owner = owner;
            this.gib = gib;
        }
    }

    /** What is known of an organization. Everything that is derived from time is derived from these dates. */
    private static final class Organization {
        String tier;
        LocalDate tierChosen;
        LocalDate firstService;
        final List<Service> services = new ArrayList<>();
        String data = "none";
        Instant trialBegan;
        Instant trialEnded;
        BigDecimal creditsLeft;

        boolean onTrial() {
            return trialBegan != null && trialEnded == null;
        }

        /** What fell due up to and including now, in the order of the due times, each as of its own. */
        void catchUp(Instant now) {
            if (onTrial() && !trialBegan.plus(TRIAL).isAfter(now)) {
                endTrial(trialBegan.plus(TRIAL));
            }
            if (trialEnded != null && !trialEnded.plus(DELETION).isAfter(now) && data.equals("present")) {
                data = "deleted";
                services.forEach(service -> service.state = "deleted");
            }
        }

        /** The trial is over, and nothing pays. */
        void endTrial(Instant due) {
            trialEnded = due;
            services.forEach(service -> service.state = "stopped");
        }

        /** The current cycle: months from the day on which both the tier is chosen and a service is there. */
        Map<String, Object> cycle(LocalDate today) {
            if (tierChosen == null || firstService == null) {
                return null;
            }
            LocalDate anchor = tierChosen.isAfter(firstService) ? tierChosen : firstService;
            int number = 1;
            while (!anchor.plusMonths(number).isAfter(today)) {
                number++;
            }
            return object(
                    "first_day", anchor.plusMonths(number - 1), "last_day", anchor.plusMonths(number).minusDays(1));
        }
    }

    private Instant now = Instant.EPOCH;
    private int number = 0;
    private final Map<String, Organization> organizations = new HashMap<>();
    private final Map<String, Service> services = new HashMap<>();

    @Override
    Map<String, Object> call(String method, Params p) {
        return switch (method) {
            case "describe_implementation" -> describeImplementation();
            case "reset" -> reset(p.instant("now"));
            case "advance_to" -> advanceTo(p.instant("now"));
            case "create_organization" -> createOrganization();
            case "start_trial" -> startTrial(organizations.get(p.text("organization")), p.money("credits"));
            case "choose_tier" -> chooseTier(organizations.get(p.text("organization")), p.text("tier"));
            case "create_service" -> createService(
                    organizations.get(p.text("organization")), p.integer("replica_memory_gib", 8));
            case "start_service" -> startService(alive(p.text("service")));
            case "stop_service" -> stopService(alive(p.text("service")));
            case "scale_service" -> scaleService(alive(p.text("service")), p.integer("replica_memory_gib"));
            case "record_usage" -> recordUsage(organizations.get(p.text("organization")), p.money("amount"));
            case "get_organization" -> view(organizations.get(p.text("organization")));
            default -> throw new Unsupported();
        };
    }

    private Map<String, Object> describeImplementation() {
        return object(
                "name", "tiny billing (java)",
                "version", "1",
                "contract", "1",
                "capabilities", List.of("trial"),
                "readings", object(
                        "deadline_instant", "at",
                        "trial_exhausted", "at_zero",
                        "trial_deletion_origin", "actual_end",
                        "no_method_create", "refused",
                        "cycle_anchor", "both",
                        "month_end", "clamp"),
                "settles_within", "PT0S");
    }

    private Map<String, Object> reset(Instant to) {
        now = to;
        organizations.clear();
        services.clear();
        return object();
    }

    private Map<String, Object> advanceTo(Instant to) {
        now = to;
        organizations.values().forEach(organization -> organization.catchUp(now));
        return object();
    }

    private Map<String, Object> createOrganization() {
        String organization = "O-" + ++number;
        organizations.put(organization, new Organization());
        return object("organization", organization, "admin", "U-" + ++number);
    }

    private Map<String, Object> startTrial(Organization its, BigDecimal credits) {
        its.trialBegan = now;
        its.trialEnded = null;
        its.creditsLeft = credits;
        return object();
    }

    /** The cycle keeps the day of the first choice. */
    private Map<String, Object> chooseTier(Organization its, String tier) {
        its.tier = tier;
        its.tierChosen = its.tierChosen == null ? today() : its.tierChosen;
        return object();
    }

    private Map<String, Object> createService(Organization its, long gib) {
        refuseWhereNothingPays(its);
        Service service = new Service("S-" + ++number, its, gib);
        its.services.add(service);
        its.firstService = its.firstService == null ? today() : its.firstService;
        its.data = "present";
        services.put(service.name, service);
        return object("service", service.name);
    }

    private Map<String, Object> startService(Service service) {
        refuseWhereNothingPays(service.owner);
        service.state = "running";
        return object();
    }

    private Map<String, Object> stopService(Service service) {
        service.state = "stopped";
        return object();
    }

    private Map<String, Object> scaleService(Service service, long gib) {
        service.gib = gib;
        return object();
    }

    /** The trial pays while it runs; when nothing is left of its credits, it is over. */
    private Map<String, Object> recordUsage(Organization its, BigDecimal amount) {
        if (its.onTrial()) {
            its.creditsLeft = its.creditsLeft.subtract(amount).max(BigDecimal.ZERO);
            if (its.creditsLeft.signum() == 0) {
                its.endTrial(now);
            }
        }
        return object();
    }

    private Map<String, Object> view(Organization its) {
        List<Object> shown = new ArrayList<>();
        for (Service s : its.services) {
            shown.add(object("service", s.name, "state", s.state, "replica_memory_gib", s.gib));
        }
        return object(
                "billing_method", object("kind", its.onTrial() ? "trial" : "none", "marketplace", null),
                "card_on_file", false,
                "trial", object(
                        "state", its.onTrial() ? "active" : its.trialEnded == null ? "none" : "over",
                        "started_at", its.trialBegan,
                        "ended_at", its.trialEnded,
                        "credits_left", its.creditsLeft),
                "billing_cycle", its.cycle(today()),
                "restricted", false,
                "services", shown,
                "data", its.data,
                "invoices", List.of(),
                "charges", List.of(),
                "credits", List.of(),
                "marketplace_reports", List.of(),
                "contacts", List.of(),
                "tier", its.tier);
    }

    private LocalDate today() {
        return LocalDate.ofInstant(now, ZoneOffset.UTC);
    }

    private static void refuseWhereNothingPays(Organization its) {
        if (its.trialEnded != null) {
            throw new Refused("no_billing_method", "the trial is over, and nothing pays");
        }
    }

    private Service alive(String name) {
        Service service = services.get(name);
        if (service.state.equals("deleted")) {
            throw new Refused("deleted", "the service is deleted");
        }
        return service;
    }
}
