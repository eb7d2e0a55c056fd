# SPDX-License-Identifier: BSD-3-Clause
# fish completion of attachstorm and pynamic-gen: the programs themselves say what fits.
function __attachstorm_complete
	set -l words (commandline -opc) (commandline -ct)
	$words[1] complete $words[2..] 2>/dev/null
end
complete -c attachstorm -a '(__attachstorm_complete)'
complete -c pynamic-gen -a '(__attachstorm_complete)'
