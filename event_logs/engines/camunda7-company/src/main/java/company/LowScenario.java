package company;

import java.util.List;
import java.util.Map;

/**
 * One project put two processes on an engine. Everything else goes by e-mail and spreadsheet; failures lie until somebody
 * complains, and what waits for another system may wait for ever.
 */
final class LowScenario implements Scenario {

  private static final List<String> NO_TENANT = List.of("");

  @Override
  public String name() {
    return "low";
  }

  @Override
  public long seed() {
    return 20_260_105L;
  }

  @Override
  public int days() {
    return 175;
  }

  @Override
  public int defaultTries() {
    return 1;
  }

  @Override
  public List<Release> releases() {
    return List.of(
        new Release(0, 9, "Order handling", null, "m.lehmann", NO_TENANT, List.of("order-handling_v1.bpmn"), false),
        new Release(23, 11.5, "Returns", null, "m.lehmann", NO_TENANT, List.of("goods-return_v1.bpmn"), false),
        new Release(96, 16.2, "Order handling", null, "m.lehmann", NO_TENANT, List.of("order-handling_v2.bpmn"), false));
  }

  @Override
  public List<Demand> demands() {
    return List.of(
        Demand.of("order-handling", 8.5, "A", NO_TENANT, List.of("anna", "bert"),
            simulation -> Facts.of("amount", Facts.amount(simulation), "customer", Facts.customer(simulation))).from(1)
            .isDeleted(0.03, 60, "entered twice"),
        Demand.of("goods-return", 3.6, null, NO_TENANT, List.of("ines"),
            simulation -> Facts.of("customer", Facts.customer(simulation))).from(24));
  }

  @Override
  public Map<String, List<String>> staff() {
    return Map.of("sales", List.of("anna", "bert", "carla"), "management", List.of("dora"),
        "warehouse", List.of("finn", "gerd"), "accounts", List.of("hana"), "service", List.of("ines", "jens"));
  }

  @Override
  public List<Step> steps() {
    return List.of(
        Step.of("enter_order", 90, 15).forgotten(0.01),
        Step.of("check_customer", 240, 20).forgotten(0.02),
        Step.of("approve_order", 900, 15).decides("approved", 0.9).forgotten(0.05),
        Step.of("pick_goods", 300, 60).forgotten(0.02),
        Step.of("write_invoice", 500, 25).forgotten(0.02),
        Step.of("hand_over", 240, 10).forgotten(0.02),
        Step.of("check_payment", 3_000, 10).decides("paid", 0.7).forgotten(0.04),
        Step.of("remind_customer", 600, 15),
        Step.of("tell_customer", 300, 15),
        Step.of("note_return", 120, 15),
        Step.of("inspect_goods", 1_200, 30).forgotten(0.05),
        Step.of("answer_customer", 900, 20).forgotten(0.08));
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(Endpoint.bean("erp", 2_500, 0.06, "ERP: connection reset")
        .down(50.3, 51.7, 0.9).down(131.4, 132.6, 0.8));
  }

  @Override
  public List<Flaw> flaws() {
    return List.of(new Flaw("order-handling", 2, "create_invoice", 0.22, "ERP: mandatory field VAT_CODE is empty"));
  }

  @Override
  public List<Reply> replies() {
    return List.of(new Reply("wait_credit", "credit-note", 120, 0.72));
  }

  @Override
  public Map<String, String> routes() {
    return Map.of();
  }

  @Override
  public Operator operator() {
    return new Operator(List.of("m.lehmann"), 45, 0.62, 0.1, 0.1, 0.08);
  }

  @Override
  public List<Intervention> interventions() {
    return List.of(
        new Intervention(118, 17, "m.lehmann", operations -> operations.cleanUp("goods-return", "wait_credit", 60,
            "credited by e-mail")));
  }
}
