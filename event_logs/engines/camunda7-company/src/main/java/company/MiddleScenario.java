package company;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Two units have a pipeline each and six processes between them. Handlers and retries come release by release, one release
 * hurts, and incidents are repaired within a day or so.
 */
final class MiddleScenario implements Scenario {

  private static final List<String> RETAIL = List.of("retail");
  private static final List<String> SERVICE = List.of("service");
  private static final List<String> BOTH = List.of("retail", "service");

  @Override
  public String name() {
    return "middle";
  }

  @Override
  public long seed() {
    return 20_260_106L;
  }

  @Override
  public int days() {
    return 182;
  }

  @Override
  public int defaultTries() {
    return 1;
  }

  @Override
  public List<Release> releases() {
    List<Release> all = new ArrayList<>();
    all.add(platform(0, "invoicing_v1.bpmn"));
    all.add(retail(0, "order-to-delivery_v1.bpmn"));
    all.add(service(2, "returns_v1.bpmn"));
    all.add(service(7, "complaints_v1.bpmn"));
    all.add(service(9, "spare-part-dispatch_v1.bpmn"));
    all.add(retail(14, "order-to-delivery_v2.bpmn"));
    all.add(retail(21, "purchase-approval_v1.bpmn"));
    all.add(platform(29, "invoicing_v2.bpmn"));
    all.add(retail(36, "order-to-delivery_v3.bpmn"));
    all.add(service(43, "return-policy_v1.dmn", "returns_v2.bpmn"));
    all.add(service(50, "complaints_v2.bpmn"));
    all.add(service(57, "spare-part-dispatch_v2.bpmn"));
    all.add(retail(64, "approval-level_v1.dmn", "order-to-delivery_v4.bpmn", "purchase-approval_v2.bpmn"));
    all.add(service(78, "returns_v3.bpmn"));
    all.add(retail(92, "order-to-delivery_v5.bpmn"));
    all.add(retail(96, "order-to-delivery_v6.bpmn").migrating());
    all.add(service(99, "complaints_v3.bpmn", "spare-part-dispatch_v3.bpmn"));
    all.add(platform(106, "invoicing_v3.bpmn"));
    all.add(retail(113, "purchase-approval_v3.bpmn"));
    all.add(service(114, "return-policy_v2.dmn"));
    all.add(service(120, "returns_v4.bpmn"));
    all.add(retail(127, "order-to-delivery_v7.bpmn"));
    all.add(service(134, "spare-part-dispatch_v4.bpmn"));
    all.add(retail(155, "order-to-delivery_v8.bpmn"));
    all.add(new Release(140, 11.3, "Approval limits", "modeler", "dora", RETAIL, List.of("approval-level_v2.dmn"), false));
    return all;
  }

  private static Release retail(int day, String... models) {
    return new Release(day, 15.2, "retail-app 1." + day, "retail-pipeline", "ci-retail", RETAIL, List.of(models), false);
  }

  private static Release service(int day, String... models) {
    return new Release(day, 10.6, "service-app 1." + day, "service-pipeline", "ci-service", SERVICE, List.of(models),
        false);
  }

  private static Release platform(int day, String... models) {
    return new Release(day, 9.1, "invoicing 1." + day, "retail-pipeline", "ci-retail", BOTH, List.of(models), false);
  }

  @Override
  public List<Demand> demands() {
    return List.of(
        Demand.of("order-to-delivery", 14, "ORD", RETAIL, List.of("svc-shop", "svc-shop", "anna", "bert"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "customer", Facts.customer(simulation)))
            .from(1).dayAndNight().growing(1.2).getsMessage(0.05, 30, "order-cancelled")
            .isDeleted(0.015, 20, "entered twice"),
        Demand.of("returns", 6.5, "RET", SERVICE, List.of("svc-shop", "ines"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "daysSincePurchase", simulation.below(70), "used",
                simulation.chance(0.3))).from(3).isDeleted(0.01, 50, "wrong number"),
        Demand.of("complaints", 6, "CMP", SERVICE, List.of("ines", "jens"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "customer", Facts.customer(simulation))).from(8),
        Demand.of("spare-part-dispatch", 4, "PRT", SERVICE, List.of("svc-shop", "jens"),
            simulation -> Facts.of("customer", Facts.customer(simulation))).from(10),
        Demand.of("purchase-approval", 4, "PUR", RETAIL, List.of("olga", "paul"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "approvers",
                simulation.chance(0.5) ? "first" : "first,second")).from(22));
  }

  @Override
  public Map<String, List<String>> staff() {
    return Map.of("sales", List.of("anna", "bert", "carla"), "management", List.of("dora", "emil"),
        "warehouse", List.of("finn", "gerd"), "finance", List.of("hana"), "service-desk", List.of("ines", "jens"),
        "service-experts", List.of("karl", "lena"), "service-lead", List.of("mona"), "workshop", List.of("nico", "lena"),
        "purchasing", List.of("olga", "paul"), "repacking", List.of("yuri"));
  }

  @Override
  public List<Step> steps() {
    return List.of(
        Step.of("enter_order", 45, 10).forgotten(0.005),
        Step.of("check_credit_by_hand", 200, 20),
        Step.of("check_credit").error("CREDIT_REFUSED", 0.05).counts("creditScore", 300, 850),
        Step.of("tell_customer", 120, 10),
        Step.of("approve_order", 420, 12).decides("approvedOrder", 0.97).forgotten(0.01),
        Step.of("pick_goods", 150, 40).forgotten(0.005),
        Step.of("print_label"),
        Step.of("book_carrier").decides("carrierTakesIt", 0.96),
        Step.of("hand_over", 90, 10),
        Step.of("post_invoice").counts("invoiceNumber", 700_000, 799_999),
        Step.of("register_return", 60, 10),
        Step.of("inspect_goods", 500, 30).decides("accepted", 0.8).decides("unclear", 0.12).forgotten(0.01),
        Step.of("repack", 90, 20),
        Step.of("relabel", 90, 10),
        Step.of("write_to_customer", 200, 20),
        Step.of("record_complaint", 60, 15),
        Step.of("assess_complaint", 700, 35).decides("incomplete", 0.22).decides("partNeeded", 0.3).forgotten(0.02),
        Step.of("decide_late_case", 120, 15).decides("incomplete", 0.05).decides("partNeeded", 0.3),
        Step.of("ask_customer", 150, 15),
        Step.of("order_part_by_hand", 200, 20),
        Step.of("settle", 300, 20).decides("agreed", 0.86).forgotten(0.01),
        Step.of("reserve_part").error("OUT_OF_STOCK", 0.08),
        Step.of("order_from_supplier", 240, 20),
        Step.of("pack_part", 180, 20),
        Step.of("describe_need", 90, 25),
        Step.of("approve_purchase", 600, 10).decides("approved", 0.88).forgotten(0.01));
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        Endpoint.bean("creditBureau", 1_500, 0.09, "credit bureau answered HTTP 503").down(47.4, 48.8, 0.8),
        Endpoint.bean("creditBureau2", 900, 0.06, "credit bureau answered HTTP 503"),
        Endpoint.bean("erp", 1_200, 0.04, "ERP: connection reset").down(70.3, 71.6, 0.85).down(141.4, 142.9, 0.85),
        Endpoint.bean("ledger", 1_500, 0.18, "ledger is locked by another booking").down(120.3, 121.6, 0.95),
        Endpoint.bean("archive", 700, 0.03, "archive answered HTTP 500"),
        Endpoint.bean("carrier", 1_800, 0.10, "carrier did not answer in time").down(30.4, 32.2, 0.9).down(106.4, 107.7, 0.9),
        Endpoint.bean("mail", 300, 0.05, "mail server refused the connection").down(155.3, 156.6, 0.9),
        Endpoint.topic("print-label", "printer-1", 40_000, 0.12, "printer is out of paper", 3, 4 * Simulation.MINUTE));
  }

  @Override
  public List<Flaw> flaws() {
    return List.of(new Flaw("order-to-delivery", 5, "check_credit", 0.95, "credit bureau answered HTTP 400: taxId is missing"));
  }

  @Override
  public List<Reply> replies() {
    return List.of(
        new Reply("payment", "payment-received", 60, 0.98),
        new Reply("await_goods", "goods-arrived", 110, 0.93),
        new Reply("await_part", "part-delivered", 140, 0.96));
  }

  @Override
  public Map<String, String> routes() {
    return Map.of();
  }

  @Override
  public Operator operator() {
    return new Operator(List.of("ops-rita", "ops-sven"), 5, 0.93, 0.1, 0.06, 0.03);
  }

  @Override
  public List<Intervention> interventions() {
    return List.of(
        new Intervention(70, 11, "ops-rita", operations -> operations.suspend("spare-part-dispatch", "service")),
        new Intervention(71, 8.5, "ops-rita", operations -> operations.activate("spare-part-dispatch", "service")),
        new Intervention(88, 16, "ops-sven", operations -> operations.cleanUp("returns", "await_goods", 28,
            "goods never came")),
        new Intervention(122, 10, "ops-rita", operations -> operations.restart("returns", "inspect_goods", 3)));
  }
}
