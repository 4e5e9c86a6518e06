//! Printing: data to standard output, messages and progress to standard error. A reader that went away is no error.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::failure::Failure;

/// Prints data. A closed pipe ends the printing, not the program: its exit code still says what was found.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| if text.is_empty() || text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
    unless_gone(written.and_then(|()| stdout.flush()))
}

/// Prints bytes as they are.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    unless_gone(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

fn unless_gone(written: std::io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints data for programs.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::failed(error.to_string()))?;
    print(&text)
}

/// Says something to whoever watches. That nobody listens is no error.
pub(super) fn say(message: &str) {
    drop(writeln!(std::io::stderr().lock(), "{message}"));
}

/// Asks whoever watches; anything but yes is no.
pub(super) fn ask(question: &str) -> Result<bool, Failure> {
    say(&format!("{question} [y/N]"));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::failed(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Prints a failure: `error: …`, and `help: …` where there is something to do.
pub(super) fn print_failure(failure: &Failure) {
    let paint = Paint::for_stream(std::io::stderr().is_terminal());
    say(&format!("{} {}", paint.red("error:"), failure.message));
    if let Some(help) = &failure.help {
        say(&format!("{} {help}", paint.cyan("help:")));
    }
}

/// Prints what clap has to say: help and versions to standard output, errors to standard error.
pub(super) fn print_usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Colours, where they are wanted.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    enabled: bool,
}

impl Paint {
    /// Without colours.
    pub(super) const PLAIN: Self = Self { enabled: false };

    /// Colours for standard output.
    pub(super) fn for_stdout() -> Self {
        Self::for_stream(std::io::stdout().is_terminal())
    }

    fn for_stream(is_terminal: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("CLICOLOR").is_some_and(|value| value == "0");
        Self { enabled: set("CLICOLOR_FORCE") || (is_terminal && !refused) }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.enabled { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub(super) fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }
}

/// A bar of how many tenants are done; drawn only where standard error is a terminal.
pub(super) fn progress(what: &'static str, length: usize) -> ProgressBar {
    let template = "{msg} {wide_bar} {pos}/{len} {eta}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)).with_style(style).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// `1 tenant`, `2 tenants`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// `712 bytes`, `3.4 KiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNIT: u64 = 1024;
    let mut tenths = number * 10;
    let mut unit = 0;
    while tenths >= UNIT * 10 && unit < 4 {
        tenths /= UNIT;
        unit += 1;
    }
    let name = ["bytes", "KiB", "MiB", "GiB", "TiB"][unit];
    if unit == 0 { format!("{number} {name}") } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}
