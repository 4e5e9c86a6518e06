//! The command line: one file a command, each of which reads its arguments, calls the library and prints. Nothing
//! outside this room knows of clap or of terminals.

mod audit;
mod blame;
mod bless;
mod capture;
mod completions;
mod demo;
mod diff;
mod failure;
mod init;
mod log;
mod output;
mod plan;
mod put;
mod refs;
mod selection;
mod session;
mod show;
mod status;
mod store;
mod sync;
mod sync_report;
mod tenants;
mod text_diff;
mod text_plan;
mod text_value;
mod validate;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use failure::Failure;
use session::Session;

/// A snapshot store and versioned schema registry for multi-tenant databases.
#[derive(Parser)]
#[command(name = "schema-sync", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, or nothing differs; 1 differs (validate, diff --exit-code, status \
--exit-code); 2 usage or configuration; 3 refused; 4 failed.\nA revision names a snapshot: 3f9ac2 (a hash), blessed (a \
ref), tenant:acme, blessed~2, blessed@{2026-03-03}, live:acme, a database URL, schema.sql, migrations/, x.snapshot, -";

/// What every command understands.
#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
struct Options {
    /// The configuration; relative paths in it start from its folder
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    /// The store's URL, as in sqlite:.schema-sync/store.db
    #[arg(long, global = true, value_name = "URL", env = "SCHEMA_SYNC_STORE", hide_env_values = true)]
    store: Option<String>,
    /// The form of what is printed to standard output
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: Format,
    /// Answer every question with yes
    #[arg(long, global = true)]
    yes: bool,
    /// The database whose SQL a .sql file is: sqlite, postgresql, or the URL of a server to load it on
    #[arg(long, global = true, value_name = "NAME|URL")]
    dialect: Option<String>,
    /// What is looked at beyond the default, as configured and this: grants, owners
    #[arg(long, global = true, value_name = "WHAT", value_delimiter = ',')]
    include: Vec<schema_sync::scope::Include>,
    /// Who signs what is written to the store; by default whom git knows, or the user that runs this
    #[arg(long, global = true, value_name = "NAME", env = "SCHEMA_SYNC_AUTHOR")]
    author: Option<String>,
    /// Whether the author was typed, and not taken from the environment.
    #[arg(skip)]
    is_author_typed: bool,
}

/// The form of what is printed to standard output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs; documented in docs/json.md
    Json,
    /// For reviews: `diff`, `audit`
    Markdown,
    /// A page that stands alone: `audit`
    Html,
    /// For spreadsheets: `audit`
    Csv,
    /// The statements alone: `plan`
    Sql,
    /// The snapshot document, byte for byte: `show`
    Snapshot,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Capture(capture::Capture),
    Put(put::Put),
    Bless(bless::Bless),
    Log(log::Log),
    Blame(blame::Blame),
    Audit(audit::Audit),
    Show(show::Show),
    Refs(refs::Refs),
    Tenants(tenants::Tenants),
    Diff(diff::Diff),
    Plan(plan::Plan),
    Sync(sync::Sync),
    Status(status::Status),
    Validate(validate::Validate),
    Store(store::Store),
    Completions(completions::Completions),
}

/// How a command that did what it was asked ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Done, or nothing differs: exit code 0.
    Done,
    /// Something differs: exit code 1.
    Differs,
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return output::print_usage(&error),
    };
    let ending = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))
        .and_then(|runtime| runtime.block_on(run(cli)));
    match ending {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Differs) => ExitCode::from(1),
        Err(failure) => {
            output::print_failure(&failure);
            ExitCode::from(failure.exit_code)
        }
    }
}

fn parse() -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches()?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let typed = matches.subcommand().and_then(|(_, matches)| matches.value_source("author"));
    cli.options.is_author_typed = typed == Some(ValueSource::CommandLine);
    Ok(cli)
}

async fn run(cli: Cli) -> Result<Ending, Failure> {
    let session = Session::new(cli.options);
    match cli.command {
        Command::Demo(command) => command.run(&session),
        Command::Init(command) => command.run(&session).await,
        Command::Capture(command) => command.run(&session).await,
        Command::Put(command) => command.run(&session).await,
        Command::Bless(command) => command.run(&session).await,
        Command::Log(command) => command.run(&session).await,
        Command::Blame(command) => command.run(&session).await,
        Command::Audit(command) => command.run(&session).await,
        Command::Show(command) => command.run(&session).await,
        Command::Refs(command) => command.run(&session).await,
        Command::Tenants(command) => command.run(&session).await,
        Command::Diff(command) => command.run(&session).await,
        Command::Plan(command) => command.run(&session).await,
        Command::Sync(command) => command.run(&session).await,
        Command::Status(command) => command.run(&session).await,
        Command::Validate(command) => command.run(&session).await,
        Command::Store(command) => command.run(&session).await,
        Command::Completions(command) => command.run(&session),
    }
}
