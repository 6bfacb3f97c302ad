package company;

import java.util.List;
import java.util.Map;

/**
 * Eleven processes of two units and a platform team, built from shared parts. Releases are small and frequent, business users
 * change forms, limits and decision tables themselves, and what fails is retried, handled in the model, or repaired in hours.
 */
final class HighScenario implements Scenario {

  private static final List<String> RETAIL = List.of("retail");
  private static final List<String> SERVICE = List.of("service");

  @Override
  public String name() {
    return "high";
  }

  @Override
  public long seed() {
    return 20_260_107L;
  }

  @Override
  public int days() {
    return 182;
  }

  @Override
  public int defaultTries() {
    return 3;
  }

  @Override
  public List<Release> releases() {
    return HighReleases.all();
  }

  @Override
  public List<Demand> demands() {
    return List.of(
        Demand.of("order-to-delivery", 15, "ORD", RETAIL, List.of("svc-shop", "svc-shop", "svc-edi", "anna"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "customer", Facts.customer(simulation), "channel",
                simulation.chance(0.25) ? "phone" : "web")).from(1).dayAndNight().growing(1.5)
            .getsMessage(0.03, 20, "order-cancelled").getsMessage(0.05, 15, "address-changed")
            .isDeleted(0.004, 20, "entered twice"),
        Demand.of("warranty-registration", 10, "WAR", SERVICE, List.of("svc-portal"),
            simulation -> Facts.of("customer", Facts.customer(simulation), "daysSincePurchase", simulation.below(900)))
            .from(8).dayAndNight().growing(1.4),
        Demand.of("returns", 6.5, "RET", SERVICE, List.of("svc-shop", "ines"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "customer", Facts.customer(simulation),
                "daysSincePurchase", simulation.below(80), "used", simulation.chance(0.3), "items",
                simulation.chance(0.6) ? "first" : "first,second")).from(3),
        Demand.of("complaints", 6, "CMP", SERVICE, List.of("ines", "jens", "svc-portal"),
            simulation -> Facts.of("customer", Facts.customer(simulation), "daysSincePurchase", simulation.below(900)))
            .from(4),
        Demand.of("spare-part-dispatch", 4, "PRT", SERVICE, List.of("svc-shop", "jens"),
            simulation -> Facts.of("customer", Facts.customer(simulation))).from(5),
        Demand.of("field-service-visit", 3.5, "VIS", SERVICE, List.of("svc-portal", "ines"),
            simulation -> Facts.of("amount", 60 + 10 * simulation.below(30), "customer", Facts.customer(simulation)))
            .from(6).getsMessage(0.05, 40, "visit-cancelled"),
        Demand.of("credit-limit-review", 5, "LIM", RETAIL, List.of("svc-scheduler"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "customer", Facts.customer(simulation)))
            .from(15).growing(1.3),
        Demand.of("purchase-approval", 3.8, "PUR", RETAIL, List.of("olga", "paul"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "budgetFree", simulation.chance(0.8), "approvers",
                simulation.chance(0.6) ? "first" : "first,second")).from(10),
        Demand.of("supplier-onboarding", 2.2, "SUP", RETAIL, List.of("olga", "paul"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "reviewers",
                simulation.chance(0.5) ? "law" : "law,tax")).from(13));
  }

  @Override
  public Map<String, List<String>> staff() {
    return Map.ofEntries(
        Map.entry("sales", List.of("anna", "bert", "carla")),
        Map.entry("management", List.of("dora", "emil", "vera")),
        Map.entry("warehouse", List.of("finn", "gerd", "theo")),
        Map.entry("finance", List.of("hana", "udo")),
        Map.entry("service-desk", List.of("ines", "jens", "wanda")),
        Map.entry("service-experts", List.of("karl", "lena")),
        Map.entry("service-lead", List.of("mona")),
        Map.entry("workshop", List.of("nico", "yuri")),
        Map.entry("technicians", List.of("ralf", "tina", "zoe")),
        Map.entry("purchasing", List.of("olga", "paul")),
        Map.entry("negotiation", List.of("silke")),
        Map.entry("legal", List.of("bruno", "clara")));
  }

  @Override
  public List<Step> steps() {
    return List.of(
        Step.of("enter_order", 20, 8),
        Step.of("score_risk").counts("riskScore", 1, 100),
        Step.of("approve_order", 180, 8),
        Step.of("pick_goods", 60, 40),
        Step.of("prepare_documents", 40, 20),
        Step.of("book_carrier").decides("carrierTakesIt", 0.97),
        Step.of("hand_over", 45, 10),
        Step.of("dun_customer", 120, 10),
        Step.of("change_address", 20, 5),
        Step.of("post_invoice").counts("invoiceNumber", 700_000, 799_999).error("LEDGER_CLOSED", 0.015),
        Step.of("post_by_hand", 90, 15),
        Step.of("send_message").error("ADDRESS_UNKNOWN", 0.02),
        Step.of("find_address", 60, 10),
        Step.of("approve_purchase", 240, 8).decides("approved", 0.9),
        Step.of("budget_free").decides("budgetFree", 1),
        Step.of("check_references", 300, 45),
        Step.of("negotiate_terms", 360, 60),
        Step.of("read_documents").error("UNREADABLE", 0.05),
        Step.of("type_in_data", 120, 20),
        Step.of("review_contract", 300, 40).decides("accepted", 0.88),
        Step.of("review_limit", 120, 15).decides("raise", 0.7),
        Step.of("inspect_item", 150, 20).decides("accepted", 0.86),
        Step.of("dispose_packaging", 60, 15),
        Step.of("assess_complaint", 180, 35).decides("incomplete", 0.12).decides("hard", 0.12).decides("partNeeded", 0.3)
            .decides("visitNeeded", 0.25).decides("agreed", 0.9),
        Step.of("call_customer", 90, 20),
        Step.of("decide_late_case", 60, 15).decides("partNeeded", 0.3).decides("visitNeeded", 0.2).decides("agreed", 0.8),
        Step.of("advise", 60, 20),
        Step.of("settle", 120, 15).decides("agreed", 0.9),
        Step.of("reserve_part").error("OUT_OF_STOCK", 0.14),
        Step.of("choose_supplier", 90, 15),
        Step.of("describe_need", 60, 15).counts("amount", 80, 900).picks("approvers", "first", "first,second")
            .decides("budgetFree", 0.8),
        Step.of("pack_part", 60, 15),
        Step.of("prepare_papers", 40, 10),
        Step.of("find_technician").error("NOBODY_FREE", 0.05),
        Step.of("find_by_hand", 60, 15),
        Step.of("repair_on_site", 120, 80).decides("repaired", 0.9),
        Step.of("write_report", 90, 20),
        Step.of("ask_for_rating", 120, 10),
        Step.of("check_recall", 120, 10),
        Step.of("read_document").counts("readingQuality", 40, 140).error("UNREADABLE", 0.02),
        Step.of("correct_card", 90, 8));
  }

  @Override
  public List<Endpoint> endpoints() {
    long back = 3 * Simulation.MINUTE;
    return List.of(
        Endpoint.bean("erp", 700, 0.04, "ERP: connection reset").down(32.35, 32.75, 0.97).down(112.35, 112.8, 0.97).down(157.35, 157.7, 0.97),
        Endpoint.bean("ledger", 900, 0.10, "ledger is locked by another booking").down(74.35, 74.7, 0.95).down(134.4, 134.7, 0.95),
        Endpoint.bean("archive", 400, 0.02, "archive answered HTTP 500"),
        Endpoint.bean("carrier", 900, 0.08, "carrier did not answer in time").down(51.35, 51.8, 0.97).down(102.35, 102.75, 0.97).down(136.4, 136.75, 0.97),
        Endpoint.bean("carrierDesk", 300, 0, ""),
        Endpoint.bean("mail", 200, 0.04, "mail server refused the connection"),
        Endpoint.topic("score-risk", "risk-worker", 120_000, 0.06, "risk service answered HTTP 503", 5, back)
            .down(60.3, 60.7, 0.98).down(121.3, 121.75, 0.98),
        Endpoint.topic("check-stock", "erp-worker", 90_000, 0.04, "ERP: connection reset", 5, back),
        Endpoint.topic("print-label", "printer-1", 60_000, 0.07, "printer is out of paper", 5, back),
        Endpoint.topic("read-document", "reader-1", 150_000, 0.04, "reader ran out of memory", 5, back)
            .down(137.3, 137.8, 0.98),
        Endpoint.topic("schedule-technician", "scheduler-1", 240_000, 0.04, "no connection to the calendar", 5, back),
        Endpoint.topic("send-message", "message-worker", 15_000, 0.04, "mail gateway answered HTTP 502", 5, back)
            .down(95.3, 95.65, 0.98),
        Endpoint.topic("archive-document", "archive-worker", 20_000, 0.03, "archive answered HTTP 500", 5, back));
  }

  @Override
  public List<Flaw> flaws() {
    return List.of(
        new Flaw("order-to-delivery", 5, "book_carrier", 0.92, "carrier answered HTTP 422: weight is missing"));
  }

  @Override
  public List<Reply> replies() {
    return List.of(
        new Reply("await_payment", "payment-received", 70, 0.97),
        new Reply("await_goods", "goods-arrived", 90, 0.97),
        new Reply("await_part", "part-delivered", 120, 0.96),
        new Reply("budget_free", null, 60, 1));
  }

  @Override
  public Map<String, String> routes() {
    return Map.of("purchase-requested", "retail");
  }

  @Override
  public Operator operator() {
    return new Operator(List.of("ops-rita", "ops-sven", "ops-xaver"), 1.3, 0.99, 0.08, 0.05, 0.01);
  }

  @Override
  public List<Intervention> interventions() {
    return List.of(
        new Intervention(84, 8.5, "ops-rita", operations -> operations.suspend("order-to-delivery", "retail")),
        new Intervention(84, 10.2, "ops-rita", operations -> operations.activate("order-to-delivery", "retail")),
        new Intervention(94, 9, "mona", operations -> operations.signal("recall-announced", "service")),
        new Intervention(128, 14, "ops-xaver", operations -> operations.setVariable("credit-limit-review", "amount", 800)));
  }
}
