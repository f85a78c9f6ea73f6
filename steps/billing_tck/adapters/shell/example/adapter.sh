#!/bin/sh
# A tiny billing system with a trial, and its adapter in one: everything that an adapter has to show, in small.
#
# It knows trials, services and billing cycles. Usage beyond the trial is taken and not invoiced yet: that would be the
# next family. What is missing in the list at the end is unsupported. Needs a `date` that understands -d (GNU, busybox).
#
# Each organization and each service is a file of shell variables in $TCK_STATE. Instants are seconds, money is cents.

set -eu

DAY=86400
TRIAL=$((30 * DAY))
DELETION=$((14 * DAY)) # after the end of the trial

refuse() {
  printf '%s\n' "$*"
  exit 10
}

unsupported() {
  exit 20
}

seconds() { date -u -d "$1" +%s; }
instant() { if [ "$1" ]; then date -u -d "@$1" '+"%Y-%m-%dT%H:%M:%SZ"'; else echo null; fi; }
dollars() { printf '"%d.%02d"' $(($1 / 100)) $(($1 % 100)); }

cents() {
  case $1 in
    *.??) set -- "$1" ;;
    *.?) set -- "${1}0" ;;
    *) set -- "$1.00" ;;
  esac
  echo $((${1%.*} * 100 + 1${1#*.} - 100)) # the 1 keeps 08 from being octal
}

# What is kept ---------------------------------------------------------------------------------------------------------

its_tier='' its_tier_day='' its_first_service='' its_data=none its_began='' its_ended='' its_left=0

load() { . "$TCK_STATE/$1"; }

save() {
  printf "%s='%s'\n" its_tier "$its_tier" its_tier_day "$its_tier_day" its_first_service "$its_first_service" \
    its_data "$its_data" its_began "$its_began" its_ended "$its_ended" its_left "$its_left" >"$TCK_STATE/$1"
}

# save_service SERVICE OWNER STATE GIB
save_service() {
  printf "%s='%s'\n" s_owner "$2" s_state "$3" s_gib "$4" >"$TCK_STATE/$1"
}

new() {
  number=0
  [ ! -e "$TCK_STATE/number" ] || read -r number <"$TCK_STATE/number"
  number=$((number + 1))
  echo "$number" >"$TCK_STATE/number"
}

# services_of ORGANIZATION: their names, in the order in which they were made
services_of() { cat "$TCK_STATE/$1.services" 2>/dev/null || :; }

# all_services_are ORGANIZATION STATE
all_services_are() {
  for each in $(services_of "$1"); do
    . "$TCK_STATE/$each"
    save_service "$each" "$1" "$2" "$s_gib"
  done
}

# alive SERVICE: loads it and its organization; refused where it is deleted
alive() {
  . "$TCK_STATE/$1"
  [ "$s_state" != deleted ] || refuse deleted the service is deleted
  load "$s_owner"
}

where_something_pays() {
  [ -z "$its_ended" ] || refuse no_billing_method the trial is over, and nothing pays
}

# The rules ------------------------------------------------------------------------------------------------------------

# end_trial ORGANIZATION DUE: the trial is over, and nothing pays
end_trial() {
  its_ended=$2
  all_services_are "$1" stopped
}

# catch_up ORGANIZATION NOW: what fell due up to and including now, in the order of the due times, each as of its own
catch_up() {
  if [ "$its_began" ] && [ -z "$its_ended" ] && [ $((its_began + TRIAL)) -le "$2" ]; then
    end_trial "$1" $((its_began + TRIAL))
  fi
  if [ "$its_ended" ] && [ $((its_ended + DELETION)) -le "$2" ] && [ "$its_data" = present ]; then
    its_data=deleted
    all_services_are "$1" deleted
  fi
}

# months_later DAY MONTHS: the same day (as 2025-01-18) so many months later; the last one of a month that is too short
months_later() {
  y=${1%%-*} m=${1#*-} d=${1##*-}
  m=${m%-*}
  m=$((${m#0} - 1 + $2))
  y=$((y + m / 12)) m=$((m % 12 + 1)) d=${d#0}
  case $m in
    4 | 6 | 9 | 11) longest=30 ;;
    2) longest=$((y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : 28)) ;;
    *) longest=31 ;;
  esac
  d=$((d < longest ? d : longest))
  [ "$m" -gt 9 ] || m=0$m
  [ "$d" -gt 9 ] || d=0$d
  later=$y-$m-$d
}

# number_of DAY: 2025-01-18 as 20250118
number_of() {
  y=${1%%-*} m=${1#*-}
  as_number=$y${m%-*}${m#*-}
}

# cycle TODAY: months from the day on which both the tier is chosen and a service is there
cycle() {
  if [ -z "$its_tier_day" ] || [ -z "$its_first_service" ]; then
    echo null
    return
  fi
  number_of "$its_tier_day" && chosen=$as_number
  number_of "$its_first_service" && anchor=$its_first_service
  [ "$chosen" -le "$as_number" ] || anchor=$its_tier_day
  number_of "$1" && today=$as_number
  n=0 later=$anchor
  while number_of "$later" && [ "$as_number" -le "$today" ]; do
    n=$((n + 1)) first=$later
    months_later "$anchor" "$n"
  done
  echo "{\"first_day\": \"$first\", \"last_day\": \"$(date -u -d "@$(($(seconds "$later") - DAY))" +%F)\"}"
}

# The contract's methods -----------------------------------------------------------------------------------------------

describe_implementation() {
  cat <<'JSON'
{"name": "tiny billing (shell)", "version": "1", "contract": "1",
 "capabilities": ["trial"],
 "readings": {"deadline_instant": "at", "trial_exhausted": "at_zero", "trial_deletion_origin": "actual_end",
              "no_method_create": "refused", "cycle_anchor": "both", "month_end": "clamp"},
 "settles_within": "PT0S"}
JSON
}

reset() { rm -rf "${TCK_STATE:?}"/*; }

advance_to() {
  at=$(seconds "$now")
  for file in "$TCK_STATE"/O-*[0-9]; do
    [ -e "$file" ] || continue
    load "${file##*/}"
    catch_up "${file##*/}" "$at"
    save "${file##*/}"
  done
}

create_organization() {
  new
  save "O-$number"
  echo "{\"organization\": \"O-$number\", \"admin\": \"U-$number\"}"
}

start_trial() {
  load "$organization"
  its_began=$(seconds "$now") its_ended='' its_left=$(cents "$credits")
  save "$organization"
}

choose_tier() { # the cycle keeps the day of the first choice
  load "$organization"
  its_tier=$tier its_tier_day=${its_tier_day:-${now%T*}}
  save "$organization"
}

create_service() {
  load "$organization"
  where_something_pays
  new
  save_service "S-$number" "$organization" running "$replica_memory_gib"
  echo "S-$number" >>"$TCK_STATE/$organization.services"
  its_first_service=${its_first_service:-${now%T*}} its_data=present
  save "$organization"
  echo "{\"service\": \"S-$number\"}"
}

start_service() {
  alive "$service"
  where_something_pays
  save_service "$service" "$s_owner" running "$s_gib"
}

stop_service() {
  alive "$service"
  save_service "$service" "$s_owner" stopped "$s_gib"
}

scale_service() {
  alive "$service"
  save_service "$service" "$s_owner" "$s_state" "$replica_memory_gib"
}

record_usage() { # the trial pays while it runs; when nothing is left of its credits, it is over
  load "$organization"
  [ "$its_began" ] && [ -z "$its_ended" ] || return 0
  its_left=$((its_left - $(cents "$amount")))
  if [ "$its_left" -le 0 ]; then
    its_left=0
    end_trial "$organization" "$(seconds "$now")"
  fi
  save "$organization"
}

get_organization() {
  load "$organization"
  kind=none state=none left=null shown=''
  if [ "$its_ended" ]; then state=over; elif [ "$its_began" ]; then state=active kind=trial; fi
  [ -z "$its_began" ] || left=$(dollars "$its_left")
  for each in $(services_of "$organization"); do
    . "$TCK_STATE/$each"
    shown="$shown${shown:+, }{\"service\": \"$each\", \"state\": \"$s_state\", \"replica_memory_gib\": $s_gib}"
  done
  cat <<JSON
{"billing_method": {"kind": "$kind", "marketplace": null}, "card_on_file": false,
 "trial": {"state": "$state", "started_at": $(instant "$its_began"), "ended_at": $(instant "$its_ended"),
           "credits_left": $left},
 "billing_cycle": $(cycle "${now%T*}"), "restricted": false, "services": [$shown], "data": "$its_data",
 "invoices": [], "charges": [], "credits": [], "marketplace_reports": [], "contacts": []${its_tier:+,
 \"tier\": \"$its_tier\"}}
JSON
}

case ${1-} in
  describe_implementation | reset | advance_to | create_organization | start_trial | choose_tier | create_service | \
    start_service | stop_service | scale_service | record_usage | get_organization)
    "$1"
    ;;
  *)
    unsupported
    ;;
esac
