import { type Choice, quoted, type Tree, takesFunction } from './tree.ts';

export function zsh(tree: Tree): string[] {
  return [
    '#compdef kato',
    '# Completion of kato for zsh: source <(kato completion zsh), after compinit',
    ...takesFunction(tree, (choices) => `found=(${described(choices)})`),
    ...main(tree.places.map(quoted).join(' | ')).split('\n').slice(1, -1),
  ];
}

/** What stands behind the first colon is help. */
function described(choices: readonly Choice[]): string {
  const texts = choices.map(({ word, help }) => `${word.replaceAll(':', '\\:')}:${help}`);
  return texts.map(quoted).join(' ');
}

const main = (places: string): string => `
_kato() {
  local place= takes= only= typed=\${(Q)PREFIX} word
  local -i at=1
  local -a given found lines
  given=("\${(@Q)words[2,CURRENT-1]}")
  for word in "\${given[@]}"; do
    if [[ -n $takes ]]; then takes=
    elif [[ -n $only ]]; then at+=1
    elif [[ $word == -- ]]; then only=yes
    elif [[ $word == -* ]]; then _kato_takes "$place $word"
    else
      case "\${place:+$place }$word" in
        ${places}) place="\${place:+$place }$word" ;;
        *) at+=1 ;;
      esac
    fi
  done
  if [[ -n $takes ]]; then :
  elif [[ -z $only && $typed == --*=* ]]; then
    given+=("\${typed%%=*}")
    _kato_takes "$place \${typed%%=*}"
    typed=\${typed#*=}
    compset -P '*='
  elif [[ -z $only && $typed == -* ]]; then _kato_takes "$place -"
  else _kato_takes "\${place:+$place }@$at"
  fi
  case $takes in
    words) _describe kato found ;;
    names)
      lines=("\${(@f)$(command kato complete -- "\${given[@]}" "$typed" 2>/dev/null)}")
      found=()
      for word in "\${lines[@]}"; do
        [[ -z $word ]] || found+=("\${\${word%% *}//:/\\\\:}:\${word#* }")
      done
      _describe kato found
      ;;
    files) _files ;;
  esac
}
if [[ $funcstack[1] == _kato ]]; then _kato "$@"; else compdef _kato kato; fi
`;
