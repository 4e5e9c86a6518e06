//! `diff`: what differs between two snapshots.

use std::collections::BTreeSet;

use clap::Args;
use schema_sync::engine::connect;
use schema_sync::kind::DialectDiff;
use schema_sync::plan::PlanError;
use schema_sync::store::{DiffCalculator, SchemaDiff, SchemaSnapshot};

use super::failure::Failure;
use super::output::{Paint, print, print_json, say};
use super::session::Session;
use super::{Ending, Format, text_diff};

/// Show what differs between two snapshots, from the first to the second
#[derive(Args)]
pub(super) struct Diff {
    /// The snapshot before
    #[arg(value_name = "REV")]
    from: String,
    /// The snapshot after
    #[arg(value_name = "REV")]
    to: String,
    /// Exit with 1 where something differs
    #[arg(long)]
    exit_code: bool,
}

impl Diff {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let format = session.format(&[Format::Markdown])?;
        let (from, to) = session.resolve_both(&self.from, &self.to).await?;
        let diff = between(&from, &to)?;
        match format {
            Format::Json => print_json(&text_diff::as_json(&diff))?,
            Format::Markdown => print(&text_diff::render_markdown(&diff))?,
            _ => {
                print(&text_diff::render(&diff, Paint::for_stdout()))?;
                say(&text_diff::summary(&diff));
            }
        }
        if self.exit_code {
            refuse_incomparable(&diff)?;
        }
        Ok(if self.exit_code && !diff.is_empty() { Ending::Differs } else { Ending::Done })
    }
}

/// Fails where nothing is known to differ and not everything could be compared: neither answer would be true.
pub(super) fn refuse_incomparable(diff: &SchemaDiff) -> Result<(), Failure> {
    if diff.change_count() > 0 || diff.incomparable.is_empty() {
        return Ok(());
    }
    let ids = diff.incomparable.iter().map(|change| change.id().clone());
    Err(PlanError::Incomparable(ids.collect()).into())
}

/// What differs between two snapshots, as their database tells them apart.
pub(super) fn between(from: &SchemaSnapshot, to: &SchemaSnapshot) -> Result<SchemaDiff, Failure> {
    if from.dialect() != to.dialect() {
        let (from, to) = (from.dialect().to_owned(), to.dialect().to_owned());
        return Err(PlanError::DialectMismatch { from, to }.into());
    }
    let dialect = connect::dialect(from.dialect())
        .ok_or_else(|| Failure::usage(format!("this version knows no database called `{}`", from.dialect())))?;
    Ok(DialectDiff(dialect).calculate(from, to))
}

/// Says what was not compared, as only one side of a comparison was looked at for it.
pub(super) fn say_uncompared<'a>(diffs: impl IntoIterator<Item = &'a SchemaDiff>) {
    let uncompared: BTreeSet<&str> =
        diffs.into_iter().flat_map(|diff| diff.uncompared.iter().map(String::as_str)).collect();
    if !uncompared.is_empty() {
        let uncompared = Vec::from_iter(uncompared).join(",");
        say(&format!(
            "note: {uncompared}: told by one side alone, so neither compared nor changed; --include {uncompared} looks at them"
        ));
    }
}
