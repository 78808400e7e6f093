#!/usr/bin/env bash
# Copies an installation into the empty database of another one, whatever versions of Postgres the two servers have:
#
#   copy-database.sh FROM_URL TO_URL
#
# Stop every process first, and run `sfmc-tracking migrate` of one version in both. The queue is not copied: it is made
# anew from the ledger. Where the copy fails, begin again with an empty database.
set -euo pipefail
from=$1
to=$2

ask() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname="$@"
}

fail() {
  echo "copy-database.sh: $*" >&2
  exit 1
}

migrations='select name from pipeline.migrations order by name'
[ "$(ask "$from" --command="$migrations")" = "$(ask "$to" --command="$migrations")" ] ||
  fail 'the two schemas are of different versions: run migrate of one version in both'
[ "$(ask "$to" --command='select count(*) from pipeline.runs')" = 0 ] || fail 'the target has runs of its own'
[ "$(ask "$from" --command="
  select count(*) from pg_stat_activity
  where datname = current_database() and application_name like 'sfmc-tracking%'")" = 0 ] ||
  fail 'processes of sfmc-tracking still use the source'

# The months that the source has.
ask "$from" --command="
  select format('create table if not exists %s partition of %s %s;', month.oid::regclass, parent.oid::regclass,
                pg_get_expr(month.relpartbound, month.oid))
  from pg_inherits as inherits
  join pg_class as month on month.oid = inherits.inhrelid and month.relkind = 'r'
  join pg_class as parent on parent.oid = inherits.inhparent
  where parent.relnamespace = 'tracking'::regnamespace" | ask "$to" --file=-

# Each table with its columns. What the target has by itself, such as rules, is replaced.
ask "$from" --field-separator='|' --command="
  select class.oid::regclass, string_agg(quote_ident(attname), ', ' order by attnum)
  from pg_class as class
  join pg_attribute as attribute on attribute.attrelid = class.oid
    and attnum > 0 and not attisdropped and attgenerated = ''
  where class.relnamespace in ('tracking'::regnamespace, 'pipeline'::regnamespace, 'bi'::regnamespace)
    and class.relkind in ('r', 'p') and not class.relispartition
    and class.relname not in ('migrations', 'migrations_lock', 'repeatable_objects')
  group by class.oid order by 1" |
  while IFS='|' read -r table columns; do
    ask "$from" --command="copy (select $columns from $table) to stdout" |
      ask "$to" --command=begin --command="truncate $table" --command="copy $table ($columns) from stdin" --command=commit
    echo "$table"
  done

# Numbers that are given next.
ask "$to" --command="
  select format('select setval(%L, (select coalesce(max(%I), 0) + 1 from %s), false);',
                pg_get_serial_sequence(class.oid::regclass::text, attname), attname, class.oid::regclass)
  from pg_class as class
  join pg_attribute as attribute on attribute.attrelid = class.oid and attidentity <> ''
  where class.relnamespace in ('tracking'::regnamespace, 'pipeline'::regnamespace, 'bi'::regnamespace)
    and class.relkind = 'r'" | ask "$to" --file=- > /dev/null
ask "$to" --command=analyze
