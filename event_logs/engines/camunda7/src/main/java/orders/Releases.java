package orders;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.camunda.bpm.engine.ProcessEngine;

/** Who deploys which models when: one team for orders in two tenants, one for returns. */
final class Releases {

  private final ProcessEngine engine;
  private final Simulation simulation;

  Releases(ProcessEngine engine, Simulation simulation) {
    this.engine = engine;
    this.simulation = simulation;
  }

  void plan() {
    orders(0, 1, 1);
    orders(35 * Simulation.DAY + 3 * Simulation.HOUR, 2, 1);
    // the same models once more: a rebuild of the application without a change
    orders(57 * Simulation.DAY + 2 * Simulation.HOUR, 2, 1);
    orders(86 * Simulation.DAY + 4 * Simulation.HOUR, 3, 2);
    orders(128 * Simulation.DAY + 3 * Simulation.HOUR, 4, 2);
    returns(0, 1);
    returns(100 * Simulation.DAY + 5 * Simulation.HOUR, 2);
  }

  private void orders(long after, int version, int invoicing) {
    simulation.at(Simulation.START + after, () -> {
      for (String tenant : List.of("eu", "us")) {
        deploy("orders-app " + version, "orders-pipeline", "ci-orders", tenant,
            List.of("order-fulfilment_v" + version, "invoicing_v" + invoicing));
        simulation.spend(40 * Simulation.SECOND);
      }
    });
  }

  private void returns(long after, int version) {
    simulation.at(Simulation.START + after, () ->
        deploy("returns-app " + version, "service-pipeline", "ci-service", "eu", List.of("returns_v" + version)));
  }

  private void deploy(String name, String source, String user, String tenant, List<String> models) throws Exception {
    engine.getIdentityService().setAuthenticatedUserId(user);
    var deployment = engine.getRepositoryService().createDeployment().name(name).source(source).tenantId(tenant);
    for (String model : models) {
      try (InputStream bpmn = Files.newInputStream(Path.of("bpmn", model + ".bpmn"))) {
        deployment.addInputStream(model.replaceAll("_v\\d+$", "") + ".bpmn", bpmn);
      }
    }
    deployment.deploy();
    engine.getIdentityService().clearAuthentication();
  }
}
