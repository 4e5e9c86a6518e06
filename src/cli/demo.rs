//! `demo`: a fleet of SQLite tenants in a new folder, and the main job on it, by the real commands.

mod fleet;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, print};
use super::session::Session;

/// A fleet of SQLite tenants in a new folder, and the main job on it, step by step
#[derive(Args)]
pub(super) struct Demo {
    /// The folder; one that the demo made before is made anew, any other is left alone
    #[arg(value_name = "FOLDER", default_value = "schema-sync-demo")]
    folder: PathBuf,
}

/// A command that is run before the user's eyes.
struct Scene {
    /// What is going to be seen.
    says: &'static str,
    arguments: &'static [&'static str],
    /// The exit code that it must end with.
    exit_code: i32,
}

const SCENES: [Scene; 11] = [
    scene("Make the store that keeps snapshots and histories.", &["init"]),
    scene("Look at all tenants and keep what they are.", &["capture", "--all"]),
    scene("Two of them are not like the others: somebody changed them by hand.", &["status"]),
    scene("Version 2 of the schema comes as SQL. Keep it; a snapshot is named by its hash.", &["put", "schema_v2.sql"]),
    scene("What does it change?", &["diff", "tenant:acme", "schema_v2.sql"]),
    scene(
        "That is what every tenant shall be.",
        &["bless", "schema_v2.sql", "-m", "phone numbers, and no negative totals"],
    ),
    scene("How does a tenant get there?", &["plan", "blessed", "--tenant", "acme"]),
    Scene {
        says: "Bring all tenants there. One of them would lose values that only it has, and is left alone.",
        arguments: &["sync", "--all", "--to", "blessed", "--yes"],
        exit_code: 3,
    },
    scene(
        "Nobody needs its loyalty points. Say so, by name, and it goes through.",
        &["sync", "wayne", "--to", "blessed", "--allow", "data_loss=customers.loyalty_points", "--yes"],
    ),
    scene("Is every tenant what it should be? Continuous integration asks the same.", &["validate", "--all"]),
    scene("What happened to one of them, and when?", &["log", "tenant:wayne"]),
];

const fn scene(says: &'static str, arguments: &'static [&'static str]) -> Scene {
    Scene { says, arguments, exit_code: 0 }
}

impl Demo {
    pub(super) fn run(self, session: &Session) -> Result<Ending, Failure> {
        if session.is_json()? {
            return Err(Failure::usage("the demo is for people: it has no JSON"));
        }
        let paint = Paint::for_stdout();
        fleet::make(&self.folder)?;
        let before = fleet::count_rows(&self.folder)?;
        print(&format!(
            "{} has {} tenants, a SQLite file each, with {before}.\n",
            self.folder.display(),
            fleet::TENANTS.len()
        ))?;
        let program =
            std::env::current_exe().map_err(|error| Failure::failed(format!("cannot find itself: {error}")))?;
        for scene in &SCENES {
            play(scene, &program, &self.folder, paint)?;
        }
        let after = fleet::count_rows(&self.folder)?;
        if before != after {
            return Err(Failure::failed(format!("rows were lost: {before} before, {after} after")));
        }
        print(&epilogue(&self.folder, &after.to_string(), paint))?;
        Ok(Ending::Done)
    }
}

fn play(scene: &Scene, program: &Path, folder: &Path, paint: Paint) -> Result<(), Failure> {
    let typed: Vec<String> = scene.arguments.iter().map(|argument| quoted(argument)).collect();
    let command = format!("$ schema-sync {}", typed.join(" "));
    print(&format!("\n{}\n{}\n", paint.dim(&format!("# {}", scene.says)), paint.bold(&command)))?;
    let ended = Command::new(program)
        .args(scene.arguments)
        .current_dir(folder)
        .env_remove("SCHEMA_SYNC_STORE")
        .status()
        .map_err(|error| Failure::failed(format!("cannot run {}: {error}", program.display())))?;
    if ended.code() == Some(scene.exit_code) {
        return Ok(());
    }
    Err(Failure::failed(format!("the demo stops here: `{command}` ended otherwise than it should ({ended})")))
}

fn quoted(argument: &str) -> String {
    if argument.contains(' ') { format!("\"{argument}\"") } else { argument.to_owned() }
}

fn epilogue(folder: &Path, rows: &str, paint: Paint) -> String {
    let next = [
        ("schema-sync status", "who has what"),
        ("schema-sync log", "what was blessed, and when"),
        ("schema-sync diff tenant:hooli~1 tenant:hooli", "what was done to the other one"),
        ("schema-sync --help", "everything else"),
    ];
    let lines: String = next.iter().map(|(command, what)| format!("  {command:<48} {}\n", paint.dim(what))).collect();
    format!(
        "\nEvery row is still there: {rows}.\n\nNow you: {}\n{lines}",
        paint.bold(&format!("cd {}", folder.display()))
    )
}
