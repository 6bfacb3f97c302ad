package claims;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Who deploys which models when: one team for claims in two tenants, one for policies in one. */
final class Releases {

  private final Simulation simulation;

  Releases(Simulation simulation) {
    this.simulation = simulation;
  }

  void plan() {
    claims(0, "claim_v1.bpmn", "claim-triage_v1.dmn", "survey_v1.bpmn", "recovery_v1.bpmn");
    claims(38 * Simulation.DAY, "claim_v2.bpmn");
    claims(64 * Simulation.DAY, "claim-triage_v2.dmn", "survey_v2.bpmn");
    // a rebuild without a change
    claims(78 * Simulation.DAY, "claim_v2.bpmn");
    // this one hurts: it counts on variables that claims by phone do not have
    claims(99 * Simulation.DAY, "claim_v3.bpmn");
    claims(121 * Simulation.DAY, "claim_v4.bpmn");
    policies(0, "policy-change_v1.bpmn");
    policies(80 * Simulation.DAY, "policy-change_v2.bpmn", "underwriting_v1.dmn");
  }

  private void claims(long after, String... models) {
    for (String tenant : List.of("nord", "sued")) {
      deploy("ci-claims", tenant, after + (tenant.equals("nord") ? 0 : 70 * Simulation.SECOND), models);
    }
  }

  private void policies(long after, String... models) {
    deploy("ci-policies", "nord", after + 2 * Simulation.HOUR, models);
  }

  private void deploy(String user, String tenant, long after, String... models) {
    List<Path> files = new ArrayList<>();
    for (String model : models) {
      files.add(Path.of("bpmn", model));
    }
    simulation.at(Simulation.START + after, () -> simulation.commands().deploy(user, tenant, files));
  }
}
