//! `show`: a snapshot, object by object.

use clap::Args;
use schema_sync::store::SchemaSnapshot;
use serde_json::json;

use super::failure::Failure;
use super::output::{Paint, count, print, print_bytes, print_json};
use super::session::Session;
use super::{Ending, Format, text_diff, text_value};

/// Show a snapshot; with --format snapshot its document, byte for byte
#[derive(Args)]
pub(super) struct Show {
    /// The snapshot
    #[arg(value_name = "REV")]
    revision: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let format = session.format(&[Format::Snapshot])?;
        let snapshot = session.resolve(&self.revision).await?;
        match format {
            Format::Snapshot => print_bytes(&snapshot.to_bytes())?,
            Format::Json => print_json(&json!({
                "hash": snapshot.hash(), "dialect": snapshot.dialect(), "coverage": snapshot.coverage(),
                "objects": snapshot.objects().iter().map(text_diff::object_json).collect::<Vec<_>>(),
            }))?,
            _ => print(&as_text(&snapshot, Paint::for_stdout()))?,
        }
        // The process ends here: giving back thousands of small pieces of memory would take as long as printing them.
        std::mem::forget(snapshot);
        Ok(Ending::Done)
    }
}

/// Objects with their parts under them.
fn as_text(snapshot: &SchemaSnapshot, paint: Paint) -> String {
    let mut objects: Vec<_> = snapshot.objects().iter().collect();
    objects.sort_by_key(|object| (object.id.schema.clone(), object.id.name.first().cloned(), object.id.name.len() > 1));
    let mut printed = format!(
        "{}\n{}, {}\n\n",
        paint.yellow(&snapshot.hash().to_string()),
        snapshot.dialect(),
        count(snapshot.objects().len(), "object")
    );
    for object in objects {
        let depth = usize::from(object.id.name.len() > 1);
        let name: Vec<&str> = object.id.name[depth..].iter().map(|part| part.as_str()).collect();
        let schema = object.id.schema.as_ref().map_or_else(String::new, |schema| format!("{schema}."));
        let title = format!("{} {schema}{}", text_value::name(&object.id.kind), name.join("."));
        let title = if depth == 0 { paint.bold(&title) } else { title };
        printed.push_str(&format!("{}{title}{}\n", "    ".repeat(depth), text_value::attributes(object)));
        for (attribute, value) in object.attributes.iter().filter(|(_, value)| text_value::is_block(value)) {
            printed.push_str(&format!("{}{}:\n", "    ".repeat(depth + 1), text_value::name(attribute)));
            for line in value.as_str().unwrap_or_default().lines() {
                printed.push_str(&format!("{}{line}\n", "    ".repeat(depth + 2)));
            }
        }
    }
    printed
}
