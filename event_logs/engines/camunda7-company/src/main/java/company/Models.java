package company;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.repository.DecisionDefinition;
import org.camunda.bpm.engine.repository.ProcessDefinition;

/** Writes the models as the engine holds them: {@code KEY_vN.bpmn} and {@code KEY_vN.dmn}, the same for all tenants. */
final class Models {

  static void write(ProcessEngine engine, Path folder) throws Exception {
    Files.createDirectories(folder);
    for (ProcessDefinition definition : engine.getRepositoryService().createProcessDefinitionQuery().list()) {
      try (InputStream model = engine.getRepositoryService().getProcessModel(definition.getId())) {
        copy(model, folder.resolve(definition.getKey() + "_v" + definition.getVersion() + ".bpmn"));
      }
    }
    for (DecisionDefinition decision : engine.getRepositoryService().createDecisionDefinitionQuery().list()) {
      try (InputStream model = engine.getRepositoryService().getDecisionModel(decision.getId())) {
        copy(model, folder.resolve(decision.getKey() + "_v" + decision.getVersion() + ".dmn"));
      }
    }
  }

  private static void copy(InputStream model, Path file) throws Exception {
    Files.copy(model, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private Models() {}
}
