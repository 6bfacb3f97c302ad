"""Power Automate: cloud flows, desktop flows and work queues, from Dataverse tables, run history answers and portal CSV."""
