//! Processes that play a part in a test: this test binary again, told by its environment which store to play on. What
//! they are told and what they answer are lines.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use schema_sync_store::StoreUrl;

/// In a process that plays a part: the URL of the store that it does so on.
const STORE_VARIABLE: &str = "SCHEMA_SYNC_STORE_TEST_PART";
/// Before each line that such a process answers, as the test harness prints lines of its own.
const MARK: &str = "answer: ";

/// The store's URL, in a process that plays a part.
pub(crate) fn url_of_part() -> Option<StoreUrl> {
    std::env::var(STORE_VARIABLE).ok().map(|url| url.parse().unwrap())
}

pub(crate) fn answer(text: impl std::fmt::Display) {
    println!("\n{MARK}{text}");
}

/// This binary, or a copy of it, to play its part in the test of this name: as the last arguments of a runner, if any.
pub(crate) fn part_under(runner: &[&str], program: &Path, test: &str, store: &StoreUrl) -> Command {
    let words = runner.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
    let words: Vec<&std::ffi::OsStr> = words.collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args([test, "--exact", "--nocapture"]).env(STORE_VARIABLE, store.to_string());
    command
}

pub(crate) struct Part {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Part {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    /// Starts this binary.
    pub(crate) fn play(test: &str, store: &StoreUrl) -> Self {
        Self::start(part_under(&[], &std::env::current_exe().unwrap(), test, store))
    }

    pub(crate) fn tell(&mut self, text: impl std::fmt::Display) {
        writeln!(self.input, "{text}").unwrap();
    }

    /// The next answer; none once the process has ended.
    pub(crate) fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some((_, answer)) = line.trim_end().split_once(MARK) {
                return Some(answer.to_owned());
            }
            line.clear();
        }
        None
    }

    pub(crate) fn hear_rest(mut self) -> Vec<String> {
        let answers = std::iter::from_fn(|| self.hear()).collect();
        self.child.wait().unwrap();
        answers
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is gone already in most tests; a failing one must not leave it behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
