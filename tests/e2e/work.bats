# SPDX-License-Identifier: BSD-3-Clause
# What a load event reads, who shares it, and what a tool remembers, on the tiny target: exact
# counts of files and indices, and the two axes of cold and warm apart from each other.
# shellcheck disable=SC2154  # TINY is set by tiny_target

load tiny

# tiny_run NAME [ARGS...]: three ranks of the plain program; leaves the record in RECORD.
tiny_run() {
	tiny_record "$1" -n 3 -p plain -l spawn "${@:2}"
	[ -z "$SKIPPED" ] || { echo "$SKIPPED"; return 1; }
}

traced() {
	jq -c "[.trials[] | $1]" "$RECORD"
}

@test "each kind of work reads what it says" {
	tiny_run links -T warm -r 1 -s event_work=links
	[ "$(traced '[.work.libraries_parsed, .work.libraries_hashed]')" = '[[0,1]]' ]
	tiny_run symbols -T warm -r 1 -s event_work=symbols
	parsed=$(jq '.trials[0].work.libraries_parsed' "$RECORD")
	[ "$parsed" -gt 10 ]
	[ "$(traced '[.work.functions_read, .work.lines_read]')" = '[[0,0]]' ]
	tiny_run lines -T warm -r 1 -s event_work=lines
	[ "$(traced '.work.libraries_parsed')" = "[$parsed]" ]
	# Every function of the plan is in the debug information.
	[ "$(jq '.trials[0].work.functions_read' "$RECORD")" -ge "$(jq .expect.functions "$TINY/manifest.json")" ]
	tiny_run none -T warm -r 1 -s event_work=symbols -s share=none
	[ "$(traced '.work.libraries_parsed')" = "[$((3 * parsed))]" ]
}

@test "tasks at the same addresses share names, others do not" {
	tiny_run off -T warm -r 1 -s share=maps -s aslr=off
	shared=$(jq '.trials[0].work.names_shared' "$RECORD")
	[ "$shared" -eq $((2 * $(jq '.trials[0].tasks[0].libraries_at_end' "$RECORD"))) ]
	tiny_run on -T warm -r 1 -s share=maps -s aslr=on
	[ "$(traced '.work.names_shared')" = '[0]' ]
}

@test "the ASLR tax: who shares by equal addresses pays, in the record as in the table" {
	local tax='[.aslr_tax[] | [.on, .off, .temperature, .maps_different.on, .maps_different.off, .bytes_read.ratio > 1.5]]'
	tiny_run tax -T warm -r 1 --matrix share=files,maps --matrix aslr=on,off
	# Compared as numbers: medians may be written 3.0, which jq keeps as it is from 1.7 on.
	jq -e "$tax"' == [[0,1,"warm",3,1,false],[2,3,"warm",3,1,true]]' "$RECORD"
	tiny_run one -T warm -r 1
	[ "$(jq -c .aslr_tax "$RECORD")" = '[]' ]
}

@test "a cold tool in a warm page cache, and a warm tool in a cold one" {
	tiny_run cold -T warm -r 2 -s event_work=symbols -s index=on -s tool_temperature=cold
	[ "$(traced '.tool_home_entries')" = '[0,0]' ]
	written=$(jq '.trials[0].work.indices_written' "$RECORD")
	[ "$written" -gt 10 ]
	[ "$(traced '.work.indices_written')" = "[$written,$written]" ]
	tiny_run warm -T cold -r 2 -s event_work=symbols -s index=on -s tool_temperature=warm
	[ "$(traced '.tool_home_entries')" = "[$written,$written]" ]
	[ "$(traced '[.work.indices_read, .work.indices_written]')" = "[[$written,0],[$written,0]]" ]
	[ "$(traced '.residency.pages_resident <= .residency.pages / 100')" = '[true,true]' ]
}

@test "the axis may be swept, each variant with a home of its own" {
	tiny_run sweep -T warm -r 1 -s event_work=symbols -s index=on --matrix tool_temperature=cold,warm
	[ "$(traced '.tool_home_entries > 0')" = '[false,true]' ]
	[ -z "$(find "$BATS_TEST_TMPDIR/sweep" -name '*.symidx')" ]
}

@test "an index elsewhere outlives the run, and is mended when it was damaged" {
	local folder=$BATS_TEST_TMPDIR/index
	tiny_run first -T warm -r 1 -s event_work=symbols -s index=on -s "index_folder=$folder"
	written=$(jq '.trials[0].work.indices_written' "$RECORD")
	files=("$folder"/*.symidx)
	[ "${#files[@]}" -eq "$written" ]
	truncate -s -1 "${files[0]}"
	tiny_run second -T warm -r 1 -s event_work=symbols -s index=on -s "index_folder=$folder"
	expect_output "it is made again"
	[ "$(traced '[.work.indices_refused, .work.indices_written, .work.indices_read]')" = "[[1,1,$((written - 1))]]" ]
}
