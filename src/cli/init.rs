//! `init`: a commented configuration and a store.

use std::path::Path;

use clap::Args;
use schema_sync::config::STORE_DEFAULT;
use schema_sync::store::StoreUrl;
use serde_json::json;

use super::Ending;
use super::failure::Failure;
use super::output::{print, print_json, say};
use super::session::Session;

const TEMPLATE: &str = r#"# schema-sync: where the store is, and which fleets there are. Relative paths start from this file's folder.

# Snapshots and histories are kept here. Also: --store, SCHEMA_SYNC_STORE.
store = "sqlite:.schema-sync/store.db"     # or git:PATH, file:FOLDER, s3://BUCKET/PREFIX

# A fleet is what is reached through one URL. Its tenants' full names are NAME/TENANT.
#
# [[fleet]]
# name = "eu"
# url = "env:EU_DATABASE_URL"                # or a literal URL; passwords belong in the environment or ~/.pgpass
# tenants = { schemas = "tenant_*" }         # or { databases = "shop_*" }
# exclude = ["tenant_test"]
# concurrency = 8                            # connections at once to this server
# include = ["grants", "owners"]             # looked at beyond the default, also before the fleets for all of them
# roles = ["{tenant}_rw"]                    # roles that each tenant has under its own name
#
# [[fleet]]
# name = "files"
# tenants = { files = "tenants/*.db" }       # SQLite, a file a tenant
"#;

/// Write a commented schema-sync.toml, and make the store
#[derive(Args)]
pub(super) struct Init {}

impl Init {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let path = session.config_path();
        let template = session.typed_store().map_or_else(|| Ok(TEMPLATE.to_owned()), |url| template_for(url, &path))?;
        let written = write_new(&path, &template)?;
        let store = session.create_store().await?;
        if let (false, Some(url)) = (written, session.typed_store()) {
            say(&format!("the configuration was not changed: name the store there, or with --store {url} each time"));
        }
        let config = path.display().to_string();
        if is_json {
            print_json(&json!({ "config": config, "config_written": written, "store": store.to_string() }))?;
        } else {
            let kept = if written { "written" } else { "was there already, and is kept" };
            print(&format!("configuration {config}: {kept}\nstore {store}: ready\n"))?;
        }
        Ok(Ending::Done)
    }
}

/// The template with this store in it, as it is typed: a path from here must be one from the file's folder, too.
fn template_for(url: &str, path: &Path) -> Result<String, Failure> {
    let url = url.parse::<StoreUrl>()?.to_string();
    let is_here = path.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let is_absolute = url.split_once(':').is_some_and(|(_, path)| path.starts_with('/'));
    if url.starts_with("memory:") || !(is_here || is_absolute) {
        return Ok(TEMPLATE.to_owned());
    }
    // A string of JSON is one of TOML.
    Ok(TEMPLATE.replacen(&format!("\"{STORE_DEFAULT}\""), &serde_json::Value::from(url).to_string(), 1))
}

/// Writes the template unless there is a file already; answers whether it did.
fn write_new(path: &Path, template: &str) -> Result<bool, Failure> {
    use std::io::Write;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(template.as_bytes())) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Failure::failed(format!("cannot write {}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_configuration_with_and_without_its_examples() {
        let path = Path::new("schema-sync.toml");
        assert!(schema_sync::config::Config::parse(TEMPLATE, path).unwrap().fleets.is_empty());
        let (head, examples) = TEMPLATE.split_once("# [[fleet]]").unwrap();
        let examples = format!("# [[fleet]]{examples}").replace("\n# ", "\n").replace("\n#\n", "\n");
        let whole = format!("{head}{}", examples.trim_start_matches("# "));
        let fleets = schema_sync::config::Config::parse(&whole, path).unwrap().fleets;
        assert_eq!(fleets.len(), 2);
    }
}
