package permits;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.flowable.engine.RepositoryService;
import org.flowable.engine.repository.ProcessDefinition;

/** Writes the models as they were deployed, named by the key and the version that the engine gave them. */
final class Models {

  static void write(RepositoryService repository, Path folder) throws Exception {
    Files.createDirectories(folder);
    for (ProcessDefinition definition : repository.createProcessDefinitionQuery().list()) {
      String name = definition.getKey() + "_v" + definition.getVersion() + ".bpmn";
      try (InputStream model = repository.getResourceAsStream(definition.getDeploymentId(), definition.getResourceName())) {
        Files.copy(model, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private Models() {}
}
