import type { Paths } from '../paths.ts';
import { execlineWord } from './execline.ts';

const LOG_FILE_BYTES = 1_000_000;
/** Those of s6 itself, which says little. */
const TREE_FILES = 2;
const LOG_FILES = 5;
/** What a program says in a burst, while the disk is slow. */
const WAITING_BYTES = 1_048_576;
/** For what is still to be written when the program has ended, and for the writer to end. */
const END_SECONDS = 2;
/** Between two writers, where one cannot even begin. */
const RETRY_SECONDS = 1;

/**
 * A program writes its log into a pipe, and stands still when nobody empties that: nginx would serve
 * nobody because a disk is full. s6-log waits for room, or takes all memory. So another program
 * stands before it that never waits, and rather loses lines. Perl is on every Debian, and small.
 */
const KEEP = String.raw`#!/usr/bin/perl
# Hands what a program says on to a command that writes its log, and never waits for that: what
# the command does not take stays here up to a limit. Lines beyond it are lost, and the log tells
# how many. While that goes on the file $mark is there.
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use Fcntl qw(F_SETFL O_WRONLY O_NONBLOCK);
use POSIX qw(WNOHANG);

my ($mark, @command) = @ARGV;
my ($waiting, $lost, $losing, $cut, $passing) = ('', 0, 0, 0, 0);
my ($started, $ended, $pid, $log) = (0, 0);
$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { $ended ||= time };
unlink $mark;

until ($ended && ($waiting eq '' || passed(${END_SECONDS}, $ended))) {
  start() if !$log && passed(${RETRY_SECONDS}, $started);
  my ($in, $out) = ('', '');
  vec($in, 0, 1) = 1 if !$ended;
  vec($out, fileno $log, 1) = 1 if $log && $waiting ne '';
  next if select($in, $out, undef, $log && !$ended ? undef : 0.2) <= 0;
  take() if vec($in, 0, 1);
  give() if $log && vec($out, fileno $log, 1);
}
# The writer ends when it has written all; where it cannot, nobody waits for it.
undef $log;
for (1 .. ${END_SECONDS * 10}) { select undef, undef, undef, 0.1 if lives() }
kill 'KILL', $pid if lives();
unlink $mark;

# The clock may be set meanwhile.
sub passed { abs(time - $_[1]) >= $_[0] }

# What is not waited for keeps its number, which is nobody else's meanwhile.
sub lives { $pid && waitpid($pid, WNOHANG) == 0 }

sub start {
  $started = time;
  return if lives();
  pipe my $reader, my $writer or return;
  defined(my $child = fork) or return;
  if (!$child) {
    $SIG{PIPE} = 'DEFAULT';
    open STDIN, '<&', $reader;
    exec @command or exit 111;
  }
  fcntl $writer, F_SETFL, O_WRONLY | O_NONBLOCK;
  ($pid, $log) = ($child, $writer);
}

sub take {
  my $count = sysread STDIN, my $text, 65536;
  return if !defined $count && ($! == EAGAIN || $! == EINTR);
  return $ended = time if !$count;
  return lose($text) if $losing || length($waiting) + $count > ${WAITING_BYTES};
  if ($passing) {
    # The rest of a line that was counted as lost.
    my $end = index $text, "\n";
    return if $end < 0;
    $passing = 0;
    substr $text, 0, $end + 1, '';
    return if $text eq '';
  }
  $waiting .= $text;
  $cut = $text !~ /\n\z/;
}

sub lose {
  my ($text) = @_;
  if (!$losing) { open my $file, '>', $mark }
  $losing = 1;
  $lost += $text =~ tr/\n//;
  $passing = $text !~ /\n\z/;
}

sub give {
  my $count = syswrite $log, $waiting, 65536;
  if (defined $count) {
    substr $waiting, 0, $count, '';
    report_lost() if $losing && $waiting eq '';
  } elsif ($! != EAGAIN && $! != EINTR) {
    # It has ended.
    undef $log;
  }
}

sub report_lost {
  $lost++ if $passing;
  $waiting = ($cut ? "\n" : '') . "kato: $lost lines are missing here: they could not be written\n";
  ($losing, $lost, $cut) = (0, 0, 0);
  unlink $mark;
}
`;

/** Files of the service folder of the logger of a process: what it says never holds it up. */
export function logScripts(name: string, paths: Paths): Record<string, string> {
  const folder = execlineWord(`${paths.log}/${name}`);
  const run = [
    `foreground { mkdir -p -m 0700 ${execlineWord(paths.lost)} }`,
    `./keep ${execlineWord(lostMark(name, paths))} ./write`,
  ];
  const write = [
    // A boot, or a person, may have taken it away.
    `foreground { mkdir -p -m 0700 ${execlineWord(paths.log)} }`,
    `foreground { mkdir -p ${folder} }`,
    `s6-log -b n${LOG_FILES} s${LOG_FILE_BYTES} T ${folder}`,
  ];
  return { 'log/run': execline(run), 'log/keep': KEEP, 'log/write': execline(write) };
}

/** The same for what s6 itself says, before any folder is there. */
export function treeLogger(paths: Paths): string[] {
  const writer = ['s6-log', '-b', `n${TREE_FILES}`, `s${LOG_FILE_BYTES}`, 'T'];
  const keep = ['perl', '-e', KEEP, lostMark('supervision', paths)];
  return [...keep, ...writer, `${paths.log}/supervision`];
}

function lostMark(name: string, paths: Paths): string {
  return `${paths.lost}/${name}`;
}

function execline(lines: string[]): string {
  return `#!/usr/bin/execlineb -P\n${lines.join('\n')}\n`;
}
