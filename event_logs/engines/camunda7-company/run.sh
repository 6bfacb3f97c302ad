#!/usr/bin/env bash
# Runs the company at three maturities on Camunda 7 and a temporary PostgreSQL cluster, and exports what the engine wrote.
#   ./run.sh [low] [middle] [high]     (all three if none is named) into ${EXPORT:-export}/company-<name>/engine/
# FORM=csv or FORM=sql writes that form of all; otherwise middle is an SQL dump and the others are CSV.
set -euo pipefail
cd "$(dirname "$0")"

companies=("$@")
[ ${#companies[@]} -gt 0 ] || companies=(low middle high)
export_to=${EXPORT:-export}
port=${PORT:-54317}

tools=$(dirname "$(command -v initdb || ls -v /usr/lib/postgresql/*/bin/initdb | tail -1)")
cluster=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  as=(runuser -u postgres --)
  chown postgres "$cluster"
fi
stop() {
  (cd / && "${as[@]}" "$tools/pg_ctl" -D "$cluster/data" -m immediate -w stop >/dev/null 2>&1) || true
  rm -rf "$cluster"
}
trap stop EXIT

# in / because the other user may not enter this folder; autovacuum off, so that rows keep their place in the dump
(cd / && "${as[@]}" "$tools/initdb" -D "$cluster/data" -U camunda --auth=trust -E UTF8 --locale=C >/dev/null)
(cd / && "${as[@]}" "$tools/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w start >/dev/null -o \
  "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$cluster -c fsync=off -c autovacuum=off -c synchronous_commit=off")

export PGHOST=127.0.0.1 PGPORT=$port PGUSER=camunda
tables="act_hi_procinst act_hi_actinst act_hi_taskinst act_hi_incident act_hi_job_log act_hi_ext_task_log act_hi_varinst
  act_hi_op_log act_hi_identitylink act_hi_decinst act_hi_dec_in act_hi_dec_out act_hi_batch act_re_procdef
  act_re_deployment act_re_decision_def act_ge_property act_ge_schema_log"

csv() { # one gzipped file a table, as COPY writes it
  for table in $tables; do
    order=id_
    [ "$table" != act_ge_property ] || order=name_
    psql -q -d "$1" -c "COPY (SELECT * FROM $table ORDER BY $order) TO STDOUT CSV HEADER" | gzip -9n >"$2/$table.csv.gz"
  done
}

dump() { # the same tables with their definitions and the deployed models; clustered, so that rows come in the order of ids
  local arguments=(--no-owner --no-privileges)
  if pg_dump --help | grep -q restrict-key; then # else a random one, different at every run
    arguments+=(--restrict-key=company)
  fi
  for table in $tables act_ge_bytearray; do
    arguments+=(-t "$table")
    [ "$table" = act_ge_property ] || [ "$table" = act_ge_schema_log ] || psql -q -d "$1" -c "CLUSTER $table USING ${table}_pkey"
  done
  pg_dump "${arguments[@]}" "$1" | gzip -9n >"$2/camunda.sql.gz"
}

rm -rf bpmn
python3 models/write.py bpmn
mvn -q -B compile
for company in "${companies[@]}"; do
  echo "company-$company $(date +%T)"
  to=$export_to/company-$company/engine
  rm -rf "$to"
  mkdir -p "$to" "$cluster/models-$company"
  createdb "$company"
  mvn -q -B exec:java -Dexec.args="$company jdbc:postgresql://127.0.0.1:$port/$company bpmn/$company $cluster/models-$company"
  form=csv
  [ "$company" != middle ] || form=sql
  if [ "${FORM:-$form}" = sql ]; then
    dump "$company" "$to"
  else
    csv "$company" "$to"
    cp "$cluster/models-$company"/* "$to"
  fi
done
du -sh "$export_to"/company-*/engine
