#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# How libraries and programs are linked: hash tables, build-ids, addresses.

load generated

@test "link: hash style and build-id" {
	while read -r style id dynamic note; do
		one_and_one --set link.hash_style="$style" --set link.build_id="$id"
		for file in "$DIR"/lib/*0.so "$DIR/plain"; do
			[ "$(readelf -d "$file" | grep -oE '\((GNU_)?HASH\)' | sort | xargs)" = "$(xargs <<<"${dynamic//,/ }")" ]
			[ "$(readelf -n "$file" | grep -c 'Build ID: [0-9a-f]\{40\}$')" = "$note" ]
		done
	done <<-'END'
		gnu sha1 (GNU_HASH) 1
		sysv none (HASH) 0
		both sha1 (GNU_HASH),(HASH) 1
	END
}

# How many different lowest addresses the libraries ask to be mapped at.
places() {
	for lib in "$DIR"/lib/*.so; do
		readelf -lW "$lib" | awk '$1 == "LOAD" { print $3; exit }'
	done | sort -u | wc -l
}

@test "link: libraries at addresses of their own stand there in every task" {
	one_and_one --set link.addresses=fixed
	[ "$(places)" = 4 ]
	attachstorm run --quiet --json --target "$DIR" --tasks 3 --set program=plain --set launcher=spawn \
		--set baseline=off --set repetitions=1 --set temperature=warm --set results=results >run.json
	[ "$(jq '.trials[0].libraries_same_place' run.json)" = 4 ]
	# The program and the system's libraries are elsewhere in each.
	jq -e '.variants[0].summary.warm | .maps_different == 3 and .maps_different_names == 1' run.json

	# Without the key they are linked again.
	one_and_one
	[ "$(places)" = 1 ]
	[ "$(readelf -h "$DIR/plain" | grep -c 'Type: *DYN')" = 1 ]
}

@test "link: programs that are not position-independent" {
	one_and_one --set link.pie=false --set programs=host,plain,plain_static
	for program in host plain plain_static; do
		[ "$(readelf -h "$DIR/$program" | grep -c 'Type: *EXEC')" = 1 ]
		case $program in
		host) expect_status 0 "$DIR/host" "$DIR/driver.py" "$DIR/modules.txt" ;;
		*) expect_status 0 "$DIR/$program" "$DIR/modules.txt" ;;
		esac
		expect_output "Pynamic: module visit time = "
	done
}
