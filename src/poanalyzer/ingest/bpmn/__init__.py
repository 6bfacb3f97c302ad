"""BPMN models: elements, flows, engines' extensions, and a checksum that ignores what is drawn."""
