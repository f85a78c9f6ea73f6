import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An adapter in Java: what the conformance kit calls, over HTTP.
 *
 * <pre>
 *   javac -d out *.java && java -cp out Server 8080
 *   billing-tck doctor --sut http://127.0.0.1:8080/
 * </pre>
 *
 * Fill the methods one after the other; README.md names a good order. A method that throws Unsupported is one that
 * this system does not have (yet). What is asked for and refused throws
 * new Refused("unpaid_invoice", "words for people").
 */
final class Adapter extends Contract {
    /** Where the clock stands: it moves by reset and advance_to alone. */
    private Instant now = Instant.EPOCH;

    @Override
    Map<String, Object> call(String method, Params p) {
        return switch (method) {
            case "describe_implementation" -> describeImplementation();
            case "reset" -> reset(p.instant("now"));
            case "advance_to" -> advanceTo(p.instant("now"));
            case "register_user" -> registerUser(p.text("email"));
            case "verify_email" -> verifyEmail(p.text("user"));
            case "sign_in" -> signIn(p.text("user"));
            case "provide_business_info" -> provideBusinessInfo(p.text("user"));
            case "create_organization" -> createOrganization(p.text("name"));
            case "add_member" -> addMember(p.text("organization"), p.text("role"));
            case "start_trial" -> startTrial(p.text("organization"), p.money("credits"));
            case "choose_tier" -> chooseTier(p.text("organization"), p.text("tier"));
            case "create_service" -> createService(p.text("organization"), p.integer("replica_memory_gib", 8));
            case "start_service" -> startService(p.text("service"));
            case "stop_service" -> stopService(p.text("service"));
            case "scale_service" -> scaleService(p.text("service"), p.integer("replica_memory_gib"));
            case "record_usage" -> recordUsage(p.text("organization"), p.money("amount"), p.text("item", "compute"));
            case "add_card" -> addCard(
                    p.text("organization"), p.text("behaviour"), p.money("available_credit", null));
            case "set_card_behaviour" -> setCardBehaviour(
                    p.text("organization"), p.text("behaviour"), p.money("available_credit", null));
            case "attempt_collection" -> attemptCollection(p.text("organization"));
            case "pay_invoice" -> payInvoice(p.text("invoice"));
            case "open_marketplace_account" -> openMarketplaceAccount(
                    p.text("marketplace"), p.flag("may_purchase", true), p.flag("signed_in", true));
            case "subscribe" -> subscribe(p.text("account"), p.text("offer"), p.text("purchase_order", null));
            case "link_subscription" -> linkSubscription(
                    p.text("subscription"), p.text("user"), p.text("organization", null));
            case "end_subscription" -> endSubscription(p.text("subscription"), p.text("cause"));
            case "sign_commitment" -> signCommitment(
                    p.text("organization"), p.money("credits"), p.instant("expires_at"), p.text("subscription", null));
            case "grant_credits" -> grantCredits(p.text("organization"), p.money("amount"), p.instant("expires_at"));
            case "grant_extension" -> grantExtension(p.text("organization"), p.instant("until"));
            case "record_contact" -> recordContact(p.text("organization"));
            case "delete_data" -> deleteData(p.text("organization"));
            case "get_organization" -> getOrganization(p.text("organization"));
            case "get_subscription" -> getSubscription(p.text("subscription"));
            default -> throw new Unsupported();
        };
    }

    // The session

    /**
     * Who answers, and what it can do. The kit asks this first. List a capability when all of its methods are
     * filled; list a reading (see billing-tck readings) when you know which value you took.
     */
    Map<String, Object> describeImplementation() {
        return object(
                "name", "my billing",
                "version", "0",
                "contract", "1",
                "capabilities", List.of(),
                "readings", object(),
                "settles_within", "PT0S"); // how late an effect may show after its due time; at most PT24H
    }

    /**
     * Forgets everything; the clock reads now, which may be earlier than before. Returns {}.
     */
    Map<String, Object> reset(Instant now) {
        this.now = now;
        return object();
    }

    /**
     * Moves the clock to now, the same instant or a later one. Before it returns, everything that fell due up
     * to and including now has happened, in the order of the due times, each thing dated by its own due time.
     * Returns {}.
     */
    Map<String, Object> advanceTo(Instant now) {
        this.now = now;
        return object();
    }

    // People and organizations

    /**
     * A person who has not verified the address yet. Returns {user}. Capability: onboarding.
     */
    Map<String, Object> registerUser(String email) {
        throw new Unsupported();
    }

    /**
     * The address is verified. Again: done, changes nothing. Returns {}. Capability: onboarding.
     */
    Map<String, Object> verifyEmail(String user) {
        throw new Unsupported();
    }

    /**
     * The user signs in. Refused (not_verified) until the address is verified. Returns {}. Capability:
     * onboarding.
     */
    Map<String, Object> signIn(String user) {
        throw new Unsupported();
    }

    /**
     * A new user says what the business is. Returns {}. Capability: onboarding.
     */
    Map<String, Object> provideBusinessInfo(String user) {
        throw new Unsupported();
    }

    /**
     * A new organization, and a user who administers it. That user is verified, signed in, and has given
     * business information. Two organizations may have one name. Returns {organization, admin}.
     */
    Map<String, Object> createOrganization(String name) {
        throw new Unsupported();
    }

    /**
     * A new user in the organization, whose role is admin or developer. Verified, signed in, business
     * information given. Returns {user}. Capability: onboarding.
     */
    Map<String, Object> addMember(String organization, String role) {
        throw new Unsupported();
    }

    /**
     * The 30-day trial begins now, with credits dollars to use. Returns {}. Capability: trial.
     */
    Map<String, Object> startTrial(String organization, BigDecimal credits) {
        throw new Unsupported();
    }

    /**
     * tier is basic, scale or enterprise; chosen for the first time, or changed. Returns {}.
     */
    Map<String, Object> chooseTier(String organization, String tier) {
        throw new Unsupported();
    }

    // Services and usage

    /**
     * A new service: it runs, and holds data from now on. Refused while an invoice is unpaid (unpaid_invoice),
     * and when a trial has ended and nothing pays (no_billing_method). Returns {service}.
     */
    Map<String, Object> createService(String organization, long replicaMemoryGib) {
        throw new Unsupported();
    }

    /**
     * A stopped service runs again. Running already: done. Refused when it is deleted (deleted), while an
     * invoice is unpaid (unpaid_invoice), or when a trial has ended and nothing pays (no_billing_method).
     * Returns {}.
     */
    Map<String, Object> startService(String service) {
        throw new Unsupported();
    }

    /**
     * A running service is stopped by its owner. Stopped already: done. Deleted: refused (deleted). Returns {}.
     */
    Map<String, Object> stopService(String service) {
        throw new Unsupported();
    }

    /**
     * Each replica has so many GiB from now on. Refused when it is deleted (deleted), or beyond the limit while
     * an invoice is unpaid (memory_cap). Returns {}.
     */
    Map<String, Object> scaleService(String service, long replicaMemoryGib) {
        throw new Unsupported();
    }

    /**
     * Usage that is priced already accrues at this instant, whatever state the services are in. Never refused.
     * Returns {}.
     */
    Map<String, Object> recordUsage(String organization, BigDecimal amount, String item) {
        throw new Unsupported();
    }

    // Cards and collection

    /**
     * The card on file from now on, in place of any earlier one. Never refused. behaviour is what the card
     * network will answer: approves, declines, expired, invalid, or limited (approves up to available_credit a
     * charge). Returns {}. Capability: card.
     */
    Map<String, Object> addCard(String organization, String behaviour, BigDecimal availableCredit) {
        throw new Unsupported();
    }

    /**
     * What the card network answers from now on. Charges nothing by itself. Returns {}. Capability: card.
     */
    Map<String, Object> setCardBehaviour(String organization, String behaviour, BigDecimal availableCredit) {
        throw new Unsupported();
    }

    /**
     * Tries every open invoice once by the configured method. Returns {collected}: true when nothing is due any
     * more. Capability: card.
     */
    Map<String, Object> attemptCollection(String organization) {
        throw new Unsupported();
    }

    /**
     * This one invoice is paid in full by other means, as by bank transfer. Paid already: done. Returns {}.
     * Capability: pay_invoice.
     */
    Map<String, Object> payInvoice(String invoice) {
        throw new Unsupported();
    }

    // Marketplaces

    /**
     * An account on marketplace (aws, gcp or azure). May its user purchase there? Is the user signed in there?
     * Returns {account}. Capability: marketplace.aws, marketplace.gcp, marketplace.azure; onboarding where a
     * flag is false.
     */
    Map<String, Object> openMarketplaceAccount(String marketplace, boolean mayPurchase, boolean signedIn) {
        throw new Unsupported();
    }

    /**
     * An offer is bought, and not linked yet: payg, free_trial or committed. Refused when the account may not
     * purchase (not_permitted) or is not signed in (not_signed_in), and for a second payg on one AWS account
     * while the first has not ended (already_subscribed). Returns {subscription}. Capability: with payg the
     * marketplace's; with free_trial aws_free_trial; with committed commitment.marketplace.
     */
    Map<String, Object> subscribe(String account, String offer, String purchaseOrder) {
        throw new Unsupported();
    }

    /**
     * The user completes the set-up. Without organization a new one is made, which the user administers.
     * Refused when the user is not verified or not signed in, when it is linked already (already_linked) or has
     * ended (ended), and when the user is no admin of the organization (not_admin). Returns {organization}.
     * Capability: the marketplace's.
     */
    Map<String, Object> linkSubscription(String subscription, String user, String organization) {
        throw new Unsupported();
    }

    /**
     * The subscription ends now; cause is cancelled or not_renewed. Ended already: refused (ended). Returns {}.
     * Capability: the marketplace's.
     */
    Map<String, Object> endSubscription(String subscription, String cause) {
        throw new Unsupported();
    }

    // Contracts, credits, support

    /**
     * Committed spend: credits are granted now, to be used until expires_at. With a subscription (committed,
     * and linked) it is a marketplace commitment and is reported there at once; without one it is a contract
     * with the vendor. Returns {commitment}. Capability: commitment.direct; with a subscription
     * commitment.marketplace.
     */
    Map<String, Object> signCommitment(
            String organization, BigDecimal credits, Instant expiresAt, String subscription) {
        throw new Unsupported();
    }

    /**
     * A refund or a top-up, beside what is there. Returns {grant}. Capability: credits.
     */
    Map<String, Object> grantCredits(String organization, BigDecimal amount, Instant expiresAt) {
        throw new Unsupported();
    }

    /**
     * Deletion for unpaid invoices waits until until, where that is later than its own day. Returns {}.
     * Capability: extension.
     */
    Map<String, Object> grantExtension(String organization, Instant until) {
        throw new Unsupported();
    }

    /**
     * The vendor has reached the customer about unpaid invoices. Returns {}. Capability: manual_deletion.
     */
    Map<String, Object> recordContact(String organization) {
        throw new Unsupported();
    }

    /**
     * The vendor deletes by hand. Refused (not_contacted) for an organization that ever had a commitment and
     * was not reached since its oldest unpaid invoice failed. Returns {}. Capability: manual_deletion.
     */
    Map<String, Object> deleteData(String organization) {
        throw new Unsupported();
    }

    // What can be seen

    /**
     * Everything that can be seen of an organization. Reading changes nothing. The implementers' guide explains
     * each field.
     */
    Map<String, Object> getOrganization(String organization) {
        // A view to begin with. Instant, LocalDate and BigDecimal are written as the contract wants them.
        //
        // return object(
        //         "billing_method", object("kind", "none", "marketplace", null), // what pays now
        //         "card_on_file", false,
        //         "trial", object("state", "none", "started_at", null, "ended_at", null, "credits_left", null),
        //         "billing_cycle", null, // or object("first_day", LocalDate, "last_day", LocalDate)
        //         "restricted", false,
        //         "services", List.of(), // object("service", s, "state", "running", "replica_memory_gib", 8)
        //         "data", "none", // "present" once there was a service, "deleted" after a deletion
        //         "invoices", List.of(), // invoice, issued_at, amount, state "open", first_day, last_day
        //         "charges", List.of(), // at, amount, succeeded
        //         "credits", List.of(), // amount, left, granted_at, expires_at
        //         "marketplace_reports", List.of(), // subscription, at, kind "usage", item, amount
        //         "contacts", List.of()); // instants
        throw new Unsupported();
    }

    /**
     * state is subscribed, linked or ended; ends_at is null while no end is known. Returns {offer, state,
     * organization, ends_at}. Capability: the marketplace's.
     */
    Map<String, Object> getSubscription(String subscription) {
        throw new Unsupported();
    }
}
