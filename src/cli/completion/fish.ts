import { type Choice, casesOf, quoted, type Tree } from './tree.ts';

/** fish knows `*` in a case by itself. */
export function fish(tree: Tree): string[] {
  const cases = casesOf(tree).flatMap(({ keys, takes }) => [
    `        case ${keys.map(quoted).join(' ')}`,
    ...(typeof takes === 'string' ? [`            echo ${takes}`] : wordLines(takes)),
  ]);
  return [
    '# Completion of kato for fish: kato completion fish | source',
    'function __kato_takes',
    '    switch $argv[1]',
    ...cases,
    '    end',
    'end',
    ...main(tree.places.map(quoted).join(' ')).split('\n').slice(1, -1),
  ];
}

/** One a line, a tab, what it is: as fish reads it. */
function wordLines(choices: readonly Choice[]): string[] {
  const words = choices.map(({ word, help }) => `${quoted(word)} ${quoted(help)}`);
  return ['            echo words', `            printf '%s\\t%s\\n' ${words.join(' ')}`];
}

const main = (places: string): string => `
function __kato
    set -l given (commandline -opc)
    while set -q given[1]; and not string match -qr '(^|/)kato$' -- $given[1]
        set -e given[1]
    end
    set -e given[1]
    set -l typed (commandline -ct | string replace -ar '[\\\\\\\\\\'"]' '')
    set -l place ''
    set -l takes
    set -l only
    set -l at 1
    for word in $given
        if set -q takes[1]
            set takes
        else if set -q only[1]
            set at (math $at + 1)
        else if test "$word" = --
            set only yes
        else if string match -q -- '-*' $word
            set takes (__kato_takes "$place $word")
        else
            set -l next (string trim "$place $word")
            if contains -- $next ${places}
                set place $next
            else
                set at (math $at + 1)
            end
        end
    end
    set -l prefix ''
    if not set -q takes[1]
        if not set -q only[1]; and string match -q -- '--*=*' $typed
            set -l parts (string split -m 1 = -- $typed)
            set takes (__kato_takes "$place $parts[1]")
            set prefix $parts[1]=
            set -a given $parts[1]
            set typed "$parts[2]"
        else if not set -q only[1]; and string match -q -- '-*' $typed
            set takes (__kato_takes "$place -")
        else
            set takes (__kato_takes (string trim "$place @$at"))
        end
    end
    switch "$takes[1]"
        case words
            printf '%s\\n' $prefix$takes[2..]
        case names
            set -l names (command kato complete -- $given "$typed" 2>/dev/null)
            set -q names[1]; and printf '%s\\n' $prefix$names | string replace ' ' \\t
        case files
            __fish_complete_path "$typed"
    end
end
complete -c kato -e
complete -c kato -f -a '(__kato)'
`;
