"""The names that columns of event tables go by, as data: role → folded name → how much the name alone says (0–1)."""

from __future__ import annotations

import re
import unicodedata

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def fold(name: str) -> str:
    """Return ``name`` in lower case without accents, with single blanks between its words."""
    spaced = _CAMEL.sub(" ", name.replace("ß", "ss").replace("№", "no"))
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^0-9a-z]+", " ", plain.lower()).split())


def _tiers(*tiers: tuple[float, str]) -> dict[str, float]:
    """Names listed with ``|``, each tier with its score; the first mention of a name counts."""
    found: dict[str, float] = {}
    for score, names in tiers:
        for name in names.split("|"):
            found.setdefault(" ".join(name.split()), score)
    return found


#: Order matters: a column taken for an earlier role is not offered to a later one.
NAMES: dict[str, dict[str, float]] = {
    "case": _tiers(
        (1.0, "case concept name|case id|caseid|case key|case identifier"),
        (0.9, "case number|case no|case nr|trace id|process instance id|process instance key|proc inst id|"
              "processinstanceid|processinstancekey|case|fall id|fallid|fallnummer|fall nr|id cas|numero de cas|"
              "identifiant du cas|id caso|id de caso|id del caso|numero de caso|zaak id|zaakid|zaaknummer"),
        (0.8, "process instance|workflow instance id|instance id|flow run id|run id|workflow run id|trace|"
              "fall|vorgangsnummer|vorgangs nr|vorgangs id|vorgangsnr|vorgang id|prozessinstanz|aktenzeichen|cas|"
              "numero dossier|numero de dossier|no dossier|id dossier|caso|expediente|numero de expediente|zaak|"
              "dossiernummer|geval id"),
        (0.7, "process id|vorgang|dossier|geval|request id|ticket id|ticket number|incident number|application id|"
              "claim id|claim number|order id|order number|order no|bestellnummer|auftragsnummer|"
              "numero de commande|numero de pedido|ordernummer"),
    ),
    "activity": _tiers(
        (1.0, "concept name|activity|activity name|activityname|activity en|activity de|activity english"),
        (0.9, "aktivitat|aktivitaet|aktivitatsname|activite|nom activite|nom de l activite|actividad|"
              "nombre de actividad|activiteit|activiteitnaam|act name|event name|eventname|task name|"
              "tatigkeit|taetigkeit"),
        (0.8, "task|step|step name|action|action name|action type|event|operation|schritt|arbeitsschritt|"
              "vorgangsschritt|prozessschritt|process step|ereignis|aufgabe|etape|tache|evenement|tarea|paso|evento|"
              "taak|stap|handeling|gebeurtenis|activity label"),
        (0.6, "activity id|activity code|element name|element id|flow node name|node name|event type"),
        (0.5, "task id"),
    ),
    "start": _tiers(
        (1.0, "start timestamp|starttimestamp|start time|starttime|event start"),
        (0.9, "time start|start date time|start datetime|start|started|started at|startzeit|startzeitpunkt|beginn|"
              "begin|begin time|begin timestamp|anfang|debut|date debut|date de debut|heure de debut|horodatage debut|"
              "inicio|fecha inicio|fecha de inicio|hora de inicio|start tijd|starttijd|begintijd|starttijdstip|"
              "activity start|activity start time|act start time|startdatum"),
        (0.7, "start date|begin date|startdate"),
    ),
    "end": _tiers(
        (1.0, "time timestamp|end timestamp|endtimestamp|end time|endtime|complete timestamp|completion timestamp|"
              "event end"),
        (0.92, "time complete|completed|completed at|completion time|end date time|end datetime|end|ended|ended at|"
               "finished|finished at|finish time|endzeit|endzeitpunkt|ende|abschluss|abschlusszeit|fin|date fin|"
               "date de fin|heure de fin|fecha fin|fecha de fin|hora de fin|fecha final|einde|eindtijd|eindtijdstip|"
               "activity end|activity end time|act end time|enddatum"),
        (0.84, "timestamp|time stamp|event time|eventtime|event timestamp|event datetime|event date|zeitstempel|"
               "zeitpunkt|horodatage|marca de tiempo|marca temporal|tijdstempel|tijdstip"),
        (0.75, "end date|enddate|date time|datetime|date heure|fecha hora|fecha y hora|datum tijd|datum zeit|time|zeit|"
               "fecha|datum|date|created at|created|created on|changed at|change date|occurred at|recorded at|at"),
    ),
    "resource": _tiers(
        (1.0, "org resource|resource"),
        (0.9, "user name|username|user|assignee|performer|ressource|recurso|bearbeiter|sachbearbeiter|benutzer|"
              "benutzername|utilisateur|usuario|gebruiker|behandelaar|medewerker|performed by|executed by"),
        (0.75, "user id|userid|employee|employee id|originator|actor|agent|operator|executor|handler|worker|"
               "mitarbeiter|changed by|owner"),
    ),
    "role": _tiers((1.0, "org role|role|rolle|rol"), (0.9, "resource role|user role|role name|funktion|fonction")),
    # teams and departments are often those of the case or the product: only the standard's own name is sure
    "group": _tiers((1.0, "org group")),
    "resource_type": _tiers(
        (1.0, "org resource type|resource type|user type|usertype|resourcetype"),
        (0.9, "automated|is automated|automated bool|automatisiert|automatise|automatizado|geautomatiseerd|benutzertyp|"
              "bot|is bot"),
    ),
    "lifecycle": _tiers(
        (1.0, "lifecycle transition|lifecycle"),
        (0.9, "life cycle|life cycle transition|transition|transaction type|event type|eventtype"),
    ),
    "instance": _tiers(
        (1.0, "concept instance"),
        (0.9, "activity instance id|activity instance key|activity instance|task instance id")
    ),
    "process": _tiers(
        (1.0, "process key|process definition key|process definition id|proc def key"),
        (0.9, "process name|processname|process|process type|workflow name|workflow|flow name|prozess|prozessname|"
              "dag id|processus|nom du processus|proceso|nombre del proceso|proces|procesnaam|case type"),
    ),
    "version": _tiers((1.0, "process version|process definition version"), (0.8, "version|workflow version")),
    "element_type": _tiers(
        (1.0, "element type|bpmn type|bpmn element type|act type"), (0.8, "activity type|flow node type|node type")
    ),
    "state": _tiers((1.0, "activity state|activity status|event status"), (0.8, "state|status|zustand|statut|estado")),
    "parent": _tiers(
        (1.0, "parent case id|parent process instance id|parent process instance key|parent case"), (0.8, "parent id")
    ),
    "business_key": _tiers(
        (1.0, "business key|businesskey|case business key"),
        (0.8, "order id|order number|order no|order key|bestellnummer|auftragsnummer|auftragsnr|kundenauftrag|"
              "invoice number|invoice id|rechnungsnummer|document number|belegnummer|claim number|claim id|"
              "policy number|contract number|vertragsnummer|ticket number|ticket id|purchase order|po number|"
              "numero de commande|numero de facture|numero de pedido|ordernummer|factuurnummer|customer order"),
        (0.6, "reference|reference number|referenz|external id|correlation id|correlation key"),
    ),
    "due": _tiers((1.0, "due|due date|due time|duedate|task due date"), (0.8, "activity deadline|fallig am|faellig am|"
                  "faelligkeit|falligkeit|echeance|vencimiento|fecha de vencimiento|vervaldatum|org deadline")),
    "outcome": _tiers((1.0, "case outcome|outcome"), (0.8, "case result|ergebnis|resultat|resultado|resultaat")),
    "seq": _tiers((1.0, "sorting|sort order|sequence number|sequence|seq|position"), (0.8, "event order|reihenfolge")),
    "row_key": _tiers(
        (1.0, "event id|eventid|event uuid|event key|identity id"), (0.7, "history id|log id|record id|uuid|id")
    ),
    "cost": _tiers((1.0, "cost total|cost|event cost|kosten|cout|costo|coste")),
}  # fmt: skip

#: Words for the state of an activity → the canonical one.
CANONICAL_STATES = {
    "running": "running", "active": "running", "open": "running", "in progress": "running", "started": "running",
    "ready": "running", "reserved": "running", "created": "running",
    "completed": "completed", "complete": "completed", "done": "completed", "finished": "completed",
    "closed": "completed", "succeeded": "completed", "success": "completed", "ended": "completed",
    "canceled": "canceled", "cancelled": "canceled", "terminated": "canceled", "aborted": "canceled",
    "withdrawn": "canceled", "obsolete": "canceled",
    "failed": "failed", "faulted": "failed", "error": "failed", "timed out": "failed",
    "skipped": "skipped",
}  # fmt: skip

#: Words for who did the work → the canonical resource type.
CANONICAL_RESOURCE_TYPES = {
    "human": "human", "person": "human", "manual": "human", "user": "human", "false": "human", "0": "human",
    "no": "human", "dialog": "human", "a": "human", "employee": "human", "nein": "human", "non": "human",
    "bot": "bot", "robot": "bot", "rpa": "bot", "unattended": "bot",
    "system": "system", "automated": "system", "automatic": "system", "true": "system", "1": "system", "yes": "system",
    "batch": "system", "b": "system", "service": "system", "machine": "system", "software": "system", "ja": "system",
    "oui": "system", "c": "system",
    "device": "device", "external": "external", "partner": "external", "supplier": "external", "customer": "external",
}  # fmt: skip
