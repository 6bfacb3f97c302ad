package engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.RecordType;
import io.camunda.zeebe.protocol.record.ValueType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * Writes records as gzipped NDJSON, one record as the engine prints it on each line.
 *
 * <p>The engine's order of fields changes from run to run; here they are sorted, so that two runs give the same file.
 *
 * <p>The choice is that of the Elasticsearch exporter: events only, and not the kinds that it leaves out by default or
 * does not know. The kinds for which version 8.8 asks {@code include-enabled-records} are in.
 */
public final class Export implements AutoCloseable {

  private static final Set<ValueType> LEFT_OUT = EnumSet.of(ValueType.JOB_BATCH, ValueType.MESSAGE_BATCH,
      ValueType.PROCESS_EVENT, ValueType.CHECKPOINT, ValueType.PROCESS_INSTANCE_BATCH, ValueType.ASYNC_REQUEST,
      ValueType.USAGE_METRIC, ValueType.MULTI_INSTANCE);

  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
  private final PrintWriter out;
  private final Map<String, Integer> counts = new TreeMap<>();

  public Export(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    out = new PrintWriter(new GZIPOutputStream(Files.newOutputStream(file)) {
      {
        def.setLevel(9);
      }
    }, false, StandardCharsets.UTF_8);
  }

  public void write(Record<?> record) {
    if (record.getRecordType() == RecordType.EVENT && !LEFT_OUT.contains(record.getValueType())) {
      out.print(sorted(record.toJson()) + "\n");
      counts.merge(record.getValueType() + " " + record.getIntent(), 1, Integer::sum);
    }
  }

  private String sorted(String record) {
    try {
      return json.writeValueAsString(json.readValue(record, Map.class));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** The number of records by kind and intent. */
  public Map<String, Integer> counts() {
    return counts;
  }

  @Override
  public void close() {
    out.close();
  }
}
