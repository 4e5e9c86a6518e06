//! `capture`: inspect tenants, keep what they are, and append to their histories what is new.

use clap::Args;
use schema_sync::adapter::TenantContext;
use schema_sync::engine::{Captured, EngineError};
use serde_json::{Value, json};

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, count, print, print_json, progress};
use super::selection::Selection;
use super::session::{Leave, Session};

/// Inspect tenants, store what they are, and append to their logs what is new
#[derive(Args)]
pub(super) struct Capture {
    #[command(flatten)]
    selection: Selection,
}

type Answers = Vec<(TenantContext, Result<Captured, EngineError>)>;

impl Capture {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        session.registry().await?;
        let fleets = session.fleets(self.selection.fleet.as_deref(), Leave::default()).await?;
        let mut answers: Answers = Vec::new();
        for (fleet, tenants) in self.selection.of(&fleets).await? {
            let bar = progress("capturing", tenants.len());
            let on_batch = |done: usize| bar.inc(u64::try_from(done).unwrap_or(u64::MAX));
            let captured = fleet.engine.capture(&tenants, fleet.config.concurrency, &on_batch).await?;
            bar.finish_and_clear();
            answers.extend(tenants.into_iter().zip(captured));
        }
        if is_json {
            print_json(&as_json(&answers))?;
        } else {
            print(&as_text(&answers, Paint::for_stdout()))?;
        }
        fail_with_tenants("captured", answers.into_iter().filter_map(|(tenant, answer)| Some((tenant, answer.err()?))))
    }
}

/// Ends as the gravest of these failures does, naming each; done where there are none.
pub(super) fn fail_with_tenants(
    done: &str,
    failures: impl Iterator<Item = (TenantContext, EngineError)>,
) -> Result<Ending, Failure> {
    let failures: Vec<(TenantContext, Failure)> =
        failures.map(|(tenant, error)| (tenant, Failure::from(error))).collect();
    let Some(exit_code) = failures.iter().map(|(_, failure)| failure.exit_code).max() else {
        return Ok(Ending::Done);
    };
    let mut message = format!("{} not {done}:", count(failures.len(), "tenant"));
    for (tenant, failure) in &failures {
        let named = if failure.message.contains(&tenant.name) { String::new() } else { format!("{tenant}: ") };
        message.push_str(&format!("\n  {named}{}", failure.message.replace('\n', "\n  ")));
    }
    let help = failures.into_iter().find_map(|(_, failure)| failure.help);
    Err(Failure { exit_code, message, help })
}

fn state(captured: &Captured) -> &'static str {
    match (captured.recorded, captured.before) {
        (false, _) => "unchanged",
        (true, None) => "new",
        (true, Some(_)) => "changed",
    }
}

fn as_text(answers: &Answers, paint: Paint) -> String {
    let mut printed = String::new();
    let mut unchanged = 0;
    for (tenant, answer) in answers {
        let Ok(captured) = answer else { continue };
        let hash = captured.hash.short();
        match captured.before {
            _ if !captured.recorded => unchanged += 1,
            None => printed.push_str(&format!("{tenant}  {hash}  {}\n", paint.green("new"))),
            Some(before) => {
                printed.push_str(&format!("{tenant}  {hash}  {} from {}\n", paint.yellow("changed"), before.short()));
            }
        }
    }
    printed.push_str(&format!("{}, {unchanged} unchanged\n", count(answers.len(), "tenant")));
    printed
}

fn as_json(answers: &Answers) -> Value {
    let tenants: Vec<Value> = answers
        .iter()
        .map(|(tenant, answer)| match answer {
            Ok(captured) => json!({
                "tenant": tenant.name, "state": state(captured), "hash": captured.hash, "before": captured.before,
            }),
            Err(error) => json!({ "tenant": tenant.name, "state": "failed", "error": error.to_string() }),
        })
        .collect();
    json!({ "tenants": tenants })
}
