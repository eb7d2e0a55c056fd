# SPDX-License-Identifier: BSD-3-Clause
# The HTML page of runs: every figure in it is the record's, with and without gnuplot; a real
# browser shows it, and has nothing to complain of.
# shellcheck disable=SC2154  # status and output are set by run

load common

setup_file() {
	export RUNS=$BATS_FILE_TMPDIR/runs
	cd "$BATS_FILE_TMPDIR" || exit
	attachstorm run -q --tool null -T warm -r 3 -n 2 --no-baseline --set name=sweep --set null.law=power \
		--set null.noise=0.05 --results "$RUNS" --matrix null.libraries=50,100,200,400 \
		--matrix breakpoints.count=0,5
	attachstorm run -q --tool null -r 2 --set name=aslr --results "$RUNS" --matrix aslr=on,off
	attachstorm run -q --tool null -T warm -r 6 --set name=ab --results "$RUNS" --compare-to null.t1=20ms || [ $? -eq 1 ]
	for _ in 1 2; do
		attachstorm run -q --tool null -T warm -r 2 --set name=nightly --results "$RUNS"
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

# A folder with all programs of PATH but gnuplot, as the only PATH: PATH=$(without_gnuplot)
without_gnuplot() {
	local dir=$BATS_TEST_TMPDIR/bin
	mkdir -p "$dir"
	ln -sf "$O/attachstorm" "$dir/attachstorm"
	echo "$dir"
}

# figures PAGE ARGUMENTS...: checks them, in output
figures() {
	expect_status 0 "$PYTHON" "$BATS_TEST_DIRNAME/report_figures.py" "$@"
}

# What each section must have had checked at least.
expect_figures() {
	local section least count
	for section in "$@"; do
		least=${section#*=}
		count=$(sed -n "s/^${section%=*} //p" <<<"$output")
		[ "${count:-0}" -ge "$least" ] || {
			echo "${section%=*}: ${count:-0} figures, expected $least"
			return 1
		}
	done
}

# browse PAGE OPTIONS...: standard output of the browser, what it logged in browser.log
browse() {
	local page=$1
	shift
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
		--user-data-dir="$(mktemp -d "$BATS_TEST_TMPDIR/browser.XXXXXX")" --enable-logging=stderr --v=0 \
		"$@" "file://$page" 2>"$BATS_TEST_TMPDIR/browser.log"
}

need_browser() {
	command -v chromium >/dev/null || skip "no chromium: 'scripts/setup --browser' installs it"
}

@test "every figure of every section is the record's" {
	local sweep
	sweep=$(ls "$RUNS"/sweep-*.json)
	expect_status 0 attachstorm report "$sweep" -o sweep.html
	attachstorm model fit --json "$sweep" >laws.json
	figures sweep.html "=$sweep" "model fit=laws.json"
	expect_figures phases=56 variants=60 events=100 law=48
	[ "$(grep -c '<svg role="img"' sweep.html)" -eq 4 ]

	expect_status 0 attachstorm report --results "$RUNS" aslr -o aslr.html
	figures aslr.html "=$(ls "$RUNS"/aslr-*.json)"
	expect_figures aslr=20 phases=40

	expect_status 0 attachstorm report "$RUNS"/nightly-*.json -o nightly.html
	set -- "$RUNS"/nightly-*.json
	figures nightly.html "=$1" "=$2"
	expect_figures trend=4 phases=20
}

@test "show: the same tables as text, Markdown, HTML and CSV, every figure with its key" {
	local sweep aslr
	sweep=$(ls "$RUNS"/sweep-*.json)
	aslr=$(ls "$RUNS"/aslr-*.json)
	for record in "$sweep" "$aslr"; do
		attachstorm show --details --format html "$record" >tables.html
		figures tables.html "=$record"
		expect_figures tables=200
		attachstorm show --details --format csv "$record" >tables.csv
		expect_status 0 "$PYTHON" "$BATS_TEST_DIRNAME/report_figures.py" --csv tables.csv "=$record"
		expect_figures csv=200
		# a figure has one value in both
		[ "$(grep -c 'data-key=' <(tr '<' '\n' <tables.html))" -eq "$(sed -n 's/^csv //p' <<<"$output")" ]
	done
	attachstorm show --format html "$aslr" >short.html
	figures short.html "=$aslr"
	attachstorm show "$sweep" >text
	diff text <(attachstorm show --format text "$sweep")
	[ "$(wc -l <text)" -lt "$(attachstorm show --details "$sweep" | wc -l)" ]
	attachstorm show -f markdown "$aslr" >tables.md
	grep -q '^| ASLR tax |  | n | phase 1 |' tables.md
	grep -q '^| warm all else the same | on / off | | 1.00 × |' tables.md
	expect_status 2 attachstorm show -f latex "$aslr"
	expect_output "they are text, markdown, csv and html"
}

@test "a prediction is what the model predicts, and says that it is one" {
	local sweep want
	sweep=$(ls "$RUNS"/sweep-*.json)
	attachstorm report "$sweep" -o - >page.html
	grep -q 'none of these was measured' page.html
	attachstorm model predict --json "$sweep" --libraries 500 --tasks 512 --breakpoints 5 >predicted.json
	want=$(jq '.laws[0].prediction.total_ns | floor' predicted.json)
	grep -q "data-key=\"null warm 500 512 5\" data-value=\"$want" page.html
}

@test "A against B: the words of compare, the settings of both" {
	local ab
	ab=$(ls "$RUNS"/ab-*.json)
	expect_status 0 attachstorm report "$ab" -o ab.html
	attachstorm compare --json --vary null.t1 "$ab#A" "$ab#B" >compare.json || [ $? -eq 1 ]
	figures ab.html "=$ab" compare=compare.json
	expect_figures compare=30
	grep -q 'null.t1=20ms' ab.html
	grep -q '<b>worse</b>' ab.html
}

@test "tools side by side: their figures, multiples and predictions" {
	local record
	command -v strace >/dev/null || skip "strace is missing"
	tiny_target
	cat >tools.yaml <<-END
		target: $TINY
		program: plain
		launcher: spawn
		temperature: warm
		repetitions: 1
		cases:
		- {name: two, tool: native, tasks: 2}
		- {name: one, tool: native, tasks: 1}
		- {name: strace, tool: strace, tasks: 1}
	END
	ATTACHSTORM_TOOLS=$ROOT/scenarios/tools expect_status 0 attachstorm run -q tools.yaml -o side
	record=$(ls side/*.json)
	# more than this machine has
	jq '.host.memory_bytes = 1' "$record" >small.json
	expect_status 0 attachstorm report small.json -o page.html
	figures page.html "=small.json"
	expect_figures table4=19 predicted=4 variants=10
	grep -q 'strace: 2 tasks would hold [0-9.]* MiB, this machine has 1' page.html
	grep -q '>strace</th><td align="left">tool=strace · tasks=1<' page.html
	# strace tells of no load events
	[ "$(grep -c 'data-key="variants.2..summary.warm.stops' page.html)" -eq 0 ]
	grep -q 'data-key="variants.1..summary.warm.stops' page.html
}

@test "without gnuplot: the same tables, no picture, and a sentence that says so" {
	local sweep
	sweep=$(ls "$RUNS"/sweep-*.json)
	attachstorm report "$sweep" -o with.html
	PATH=$(without_gnuplot) expect_status 0 attachstorm report "$sweep" -o without.html
	[ "$(grep -c '<svg' without.html)" -eq 0 ]
	grep -q 'There is no gnuplot' without.html
	[ "$(grep -o 'data-value="[^"]*"' with.html | md5sum)" = "$(grep -o 'data-value="[^"]*"' without.html | md5sum)" ]
	expect_status 0 attachstorm report "$sweep" --tables -o tables.html
	[ "$(grep -c '<svg' tables.html)" -eq 0 ]
}

@test "what cannot be read is refused or passed over, and the page before stays" {
	echo before >page.html
	expect_status 2 attachstorm report -o page.html
	expect_status 2 attachstorm report nowhere -o page.html
	expect_output "'nowhere'"
	echo '{"schema": "other"}' >other.json
	expect_status 2 attachstorm report other.json -o page.html
	expect_output "other.json"
	expect_status 2 attachstorm report "$RUNS"/ab-*.json --footprint other.json -o page.html
	expect_output "no footprint"
	[ "$(cat page.html)" = before ]
	expect_status 2 attachstorm report "$RUNS"/ab-*.json -o nowhere/page.html
	mkdir mixed
	cp "$RUNS"/ab-*.json other.json mixed
	expect_status 0 attachstorm report mixed -o page.html
	expect_output "passed over"
	cp "$RUNS"/aslr-*.json "$BATS_TEST_TMPDIR"
	expect_status 0 attachstorm report aslr-*.json -o page.html
	grep -q 'samples (aslr-.*) are not beside the record' page.html
}

@test "a footprint beside the runs" {
	tiny_target
	pynamic-gen footprint --json "$TINY" >foot.json
	expect_status 0 attachstorm report "$RUNS"/ab-*.json --footprint foot.json -o page.html
	sed 's/<td[^>]*data-record="compare"[^<]*<.td>//g' page.html >figures.html
	figures figures.html "=$(ls "$RUNS"/ab-*.json)" foot.json=foot.json
	expect_figures footprint=9
}

@test "as HTML it has no error" {
	command -v xmllint >/dev/null || skip "no xmllint: package libxml2-utils"
	attachstorm report "$RUNS" -o page.html
	# libxml2 knows no elements of HTML 5; read in parts, it takes a '/' at the end of one for an error
	run bash -c "xmllint --html --memory --noout page.html 2>&1 | grep error | grep -v 'Tag [a-z]* invalid'"
	[ -z "$output" ] || {
		echo "$output"
		return 1
	}
}

@test "a browser shows it: all figures, all pictures, nothing in the console" {
	need_browser
	attachstorm report "$RUNS"/aslr-*.json -o page.html
	browse "$PWD/page.html" --dump-dom >dom.html
	run grep CONSOLE browser.log
	[ -z "$output" ] || {
		echo "$output"
		return 1
	}
	figures dom.html "=$(ls "$RUNS"/aslr-*.json)"
	expect_figures aslr=20 phases=40
	[ "$(grep -o '<svg ' dom.html | wc -l)" -eq "$(grep -o '<svg ' page.html | wc -l)" ]
	browse "$PWD/page.html" --window-size=1100,3000 --screenshot="$PWD/page.png"
	[ "$(head -c 4 page.png | tail -c 3)" = PNG ]
	# a page that does go wrong is seen to
	sed 's|</body>|<script>nowhere()</script></body>|' page.html >wrong.html
	browse "$PWD/wrong.html" --dump-dom >/dev/null
	grep -q 'CONSOLE.*nowhere is not defined' browser.log
}

@test "where a server forbids scripts and styles nothing is lost" {
	need_browser
	attachstorm report "$RUNS"/aslr-*.json -o page.html
	sed "s|<head>|&<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self'; style-src 'self';\">|" \
		page.html >strict.html
	browse "$PWD/strict.html" --dump-dom >dom.html
	# the style element alone was refused
	[ "$(grep -c 'CONSOLE' browser.log)" -eq "$(grep -c 'CONSOLE.*[Aa]pply.* inline style' browser.log)" ]
	figures dom.html "=$(ls "$RUNS"/aslr-*.json)"
	expect_figures aslr=20 phases=40
	[ "$(grep -o '<svg ' dom.html | wc -l)" -eq "$(grep -o '<svg ' page.html | wc -l)" ]
	expect_status 1 grep ' style=' page.html
}

@test "figures: each picture as SVG and PDF with its caption; the page begins with the answer" {
	command -v gnuplot >/dev/null || skip "no gnuplot here"
	local record
	record=$(ls "$RUNS"/aslr-*.json)
	cd "$BATS_TEST_TMPDIR"
	expect_status 0 attachstorm report "$record" -o page.html --figures slides
	[ "$(grep -c '<figure>' page.html)" -eq "$(ls slides/*.svg | wc -l)" ]
	for svg in slides/*.svg; do
		[ "$(head -c 5 "${svg%.svg}.pdf")" = "%PDF-" ]
		grep -q '<svg' "$svg"
		[ "$(wc -l <"${svg%.svg}.txt")" -eq 1 ]
	done
	sed -n '/<h1>/,/<nav>/p' page.html | grep -q 'start-up of .* variants\|start-up took'
	expect_status 2 attachstorm report "$record" -o page.html --figures slides --tables
	expect_output "no pictures without pictures"
}
