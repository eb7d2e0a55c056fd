# SPDX-License-Identifier: BSD-3-Clause
# bash completion of attachstorm and pynamic-gen: the programs themselves say what fits.
_attachstorm() {
	local line=${COMP_LINE:0:COMP_POINT} word
	local -a words
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	word=${words[-1]}
	mapfile -t COMPREPLY < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
	COMPREPLY=("${COMPREPLY[@]%%$'\t'*}") # what it means is for shells that show it
	# Readline takes what stands behind the last = or : for the word.
	if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${word%=*}="}")
	fi
	if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}
complete -o bashdefault -o default -F _attachstorm attachstorm pynamic-gen
