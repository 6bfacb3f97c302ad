package permits;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flowable.common.engine.api.FlowableException;
import org.flowable.engine.ProcessEngine;

/** Who deploys which models when: permits and fees for the whole city, inspections for each district. */
final class Releases {

  private final ProcessEngine engine;
  private final Simulation simulation;

  Releases(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.simulation = simulation;
  }

  void plan() {
    city(0, "permits 1.0", List.of("bpmn/building-permit_v1.bpmn", "bpmn/fee-collection_v1.bpmn"));
    inspections(0, List.of("north", "south"), 1);
    city(38 * Simulation.DAY + 4 * Simulation.HOUR, "permits 2.0", List.of("bpmn/building-permit_v2.bpmn"));
    // built again without a change: a new version, the same model
    city(52 * Simulation.DAY + 2 * Simulation.HOUR, "permits 2.0", List.of("bpmn/building-permit_v2.bpmn"));
    city(63 * Simulation.DAY, "fees 2.0", List.of("bpmn/fee-collection_v2.bpmn"));
    city(77 * Simulation.DAY + 3 * Simulation.HOUR, "permits 3.0",
        List.of("bpmn/building-permit_v3.bpmn", "dmn/fee-class.dmn"));
    inspections(91 * Simulation.DAY, List.of("north"), 2);
    city(101 * Simulation.DAY + Simulation.HOUR, "permits 3.1",
        List.of("bpmn/building-permit_v4.bpmn", "dmn/fee-class.dmn"));
    simulation.at(Simulation.START + 101 * Simulation.DAY + 3 * Simulation.HOUR, this::migrate);
  }

  /** Takes three open instances of the version before along to the newest one. */
  private void migrate() {
    var definitions = engine.getRepositoryService().createProcessDefinitionQuery()
        .processDefinitionKey("building-permit").orderByProcessDefinitionVersion().desc().list();
    for (var instance : engine.getRuntimeService().createProcessInstanceQuery()
        .processDefinitionId(definitions.get(1).getId()).orderByProcessInstanceId().asc().listPage(0, 3)) {
      engine.getProcessMigrationService().createProcessInstanceMigrationBuilder()
          .migrateToProcessDefinition(definitions.get(0).getId()).migrate(instance.getProcessInstanceId());
      simulation.note("instances migrated to version " + definitions.get(0).getVersion());
    }
  }

  private void city(long after, String name, List<String> models) {
    simulation.at(Simulation.START + after, () -> deploy(name, "", models));
  }

  private void inspections(long after, List<String> districts, int version) {
    for (String district : districts) {
      simulation.at(Simulation.START + after, () -> {
        simulation.spend(20 * Simulation.SECOND);
        deploy("inspections " + version + ".0", district, List.of("bpmn/site-inspection_v" + version + ".bpmn"));
      });
    }
  }

  private void deploy(String name, String tenant, List<String> models) throws Exception {
    var deployment = engine.getRepositoryService().createDeployment().name(name).category("city").tenantId(tenant);
    for (String model : models) {
      try (InputStream text = Files.newInputStream(Path.of(model))) {
        deployment.addInputStream(model.replaceAll("^.*/|_v\\d+", ""), text);
      }
    }
    try {
      deployment.deploy();
    } catch (FlowableException refused) {
      throw new AssertionError(name + " cannot be deployed", refused);
    }
  }
}
