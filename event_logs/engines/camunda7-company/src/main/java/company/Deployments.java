package company;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.camunda.bpm.engine.ProcessEngineException;
import org.camunda.bpm.engine.RepositoryService;
import org.camunda.bpm.engine.repository.ProcessDefinition;
import org.camunda.bpm.engine.runtime.ProcessInstance;

/** Teams deploy versions of their models, for one tenant or more; some move running instances to the new version. */
final class Deployments {

  private final World world;
  private final Path models;

  Deployments(World world, Path models) {
    this.world = world;
    this.models = models;
  }

  void plan() {
    for (Release release : world.scenario.releases()) {
      world.simulation.at(world.simulation.day(release.day(), release.hour()), () -> {
        for (String tenant : release.tenants()) {
          world.as(release.user(), () -> deploy(release, tenant));
          world.simulation.spend(20 * Simulation.SECOND);
        }
      });
    }
  }

  private void deploy(Release release, String tenant) throws IOException {
    var deployment = repository().createDeployment().name(release.name()).source(release.source());
    if (!tenant.isEmpty()) {
      deployment.tenantId(tenant);
    }
    for (String model : release.models()) {
      try (InputStream file = Files.newInputStream(models.resolve(model))) {
        deployment.addInputStream(resource(model), file);
      }
    }
    String id;
    try {
      id = deployment.deploy().getId();
    } catch (ProcessEngineException wrong) {
      throw new IllegalStateException("model of release " + release.name() + " is not valid", wrong);
    }
    if (release.migrate()) {
      repository().createProcessDefinitionQuery().deploymentId(id).orderByProcessDefinitionKey().asc().list()
          .forEach(this::migrate);
    }
  }

  /** The file's name without its version, as a project calls it. */
  static String resource(String model) {
    return model.replaceAll("_v\\d+\\.", ".");
  }

  private void migrate(ProcessDefinition target) {
    var query = repository().createProcessDefinitionQuery().processDefinitionKey(target.getKey())
        .processDefinitionVersion(target.getVersion() - 1);
    if (target.getTenantId() != null) {
      query.tenantIdIn(target.getTenantId());
    }
    ProcessDefinition source = query.singleResult();
    if (source == null) {
      return;
    }
    List<String> running = world.engine().getRuntimeService().createProcessInstanceQuery()
        .processDefinitionId(source.getId()).orderByProcessInstanceId().asc().list().stream()
        .map(ProcessInstance::getId).toList();
    if (!running.isEmpty()) {
      var plan = world.engine().getRuntimeService().createMigrationPlan(source.getId(), target.getId())
          .mapEqualActivities().updateEventTriggers().build();
      world.engine().getRuntimeService().newMigration(plan).processInstanceIds(running).executeAsync();
    }
  }

  private RepositoryService repository() {
    return world.engine().getRepositoryService();
  }
}
