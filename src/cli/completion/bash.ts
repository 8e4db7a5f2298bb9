import { quoted, type Tree, takesFunction } from './tree.ts';

/** What was typed is taken apart here: bash itself breaks words at `=` and `:`. */
export function bash(tree: Tree): string[] {
  return [
    '# Completion of kato for bash: source <(kato completion bash)',
    ...takesFunction(
      tree,
      (choices) => `list=${quoted(choices.map(({ word }) => word).join(' '))}`,
    ),
    ...main(tree.places.map(quoted).join(' | ')).split('\n').slice(1, -1),
  ];
}

const main = (places: string): string => `
_kato() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} place='' takes='' list='' only='' at=1
  local raw typed prefix='' skip='' breaks='' word
  local -a words found
  COMPREPLY=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  raw=\${words[-1]}
  words=("\${words[@]//[\\\\\\"\\']/}")
  typed=\${words[-1]}
  words=("\${words[@]:1:\${#words[@]}-2}")
  for word in "\${words[@]}"; do
    if [[ $takes ]]; then takes=
    elif [[ $only ]]; then at=$((at + 1))
    elif [[ $word == -- ]]; then only=yes
    elif [[ $word == -* ]]; then _kato_takes "$place $word"
    else
      case "\${place:+$place }$word" in
        ${places}) place="\${place:+$place }$word" ;;
        *) at=$((at + 1)) ;;
      esac
    fi
  done
  if [[ $takes ]]; then :
  elif [[ ! $only && $typed == --*=* ]]; then
    prefix=\${typed%%=*}
    _kato_takes "$place $prefix"
    words+=("$prefix") typed=\${typed#*=} prefix+==
  elif [[ ! $only && $typed == -* ]]; then _kato_takes "$place -"
  else _kato_takes "\${place:+$place }@$at"
  fi
  case $takes in
    words) read -ra found <<<"$list" ;;
    names) mapfile -t found < <(command kato complete -- "\${words[@]}" "$typed" 2>/dev/null) ;;
    files) compopt -o default 2>/dev/null ;;
  esac
  # What stands before a break is no part of the word that bash replaces.
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
  if [[ $raw == [\\"\\']* ]]; then breaks=quoted
  elif [[ $breaks && $raw == *[$breaks]* ]]; then skip=\${raw%"\${raw##*[$breaks]}"}
  fi
  for word in "\${found[@]}"; do
    word=\${word%% *}
    [[ $word == "$typed"* ]] || continue
    word=$prefix$word
    word=\${word#"$skip"}
    [[ $breaks != quoted && $word == *[!A-Za-z0-9_.,:/=@%+-]* ]] && printf -v word %q "$word"
    COMPREPLY+=("$word")
  done
}
complete -F _kato kato
`;
