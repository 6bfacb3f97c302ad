package parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The cases of {@code scenario.csv}: what happens in each, in milliseconds. An empty cell means never. */
final class Scenario {

  private final Map<String, Map<String, String>> cases = new LinkedHashMap<>();

  Scenario(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    String[] header = lines.get(0).split(",");
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      Map<String, String> row = new HashMap<>();
      for (int i = 0; i < header.length; i++) {
        row.put(header[i], cells[i]);
      }
      cases.put(row.get("case"), row);
    }
  }

  Iterable<String> keys() {
    return cases.keySet();
  }

  boolean has(String key, String column) {
    return !cases.get(key).getOrDefault(column, "").isEmpty();
  }

  /** The number in a cell; 0 where the column or the number is missing. */
  long number(String key, String column) {
    return has(key, column) ? Long.parseLong(cases.get(key).get(column)) : 0;
  }

  String text(String key, String column) {
    return cases.get(key).get(column);
  }
}
