//! Stores in buckets: of a server that the test starts itself, or of the one that `SCHEMA_SYNC_TEST_S3` names.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use schema_sync_store::{SnapshotHash, StoreUrl};

use super::places::{Backdoor, Place};
use super::s3_server::{ACCESS_KEY, BUCKET, Bucket, S3Server, SECRET_KEY};

/// The URL of a server to test instead, whose credentials are those of the environment.
const SERVER_VARIABLE: &str = "SCHEMA_SYNC_TEST_S3";

/// Credentials come from the environment, which a process cannot change for itself once it has threads. So a test that
/// needs some is run again by a process that has them and none of the user's own.
pub(crate) fn is_played_elsewhere(name: &str) -> bool {
    if std::env::var_os(SERVER_VARIABLE).is_some() || std::env::var("AWS_ACCESS_KEY_ID").as_deref() == Ok(ACCESS_KEY) {
        return false;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let environment = [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let output = command.args([name, "--exact", "--nocapture"]).envs(environment).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    true
}

/// A place in a bucket, and the server that it is on.
pub(crate) fn s3() -> Place {
    if let Ok(url) = std::env::var(SERVER_VARIABLE) {
        let (place, query) = url.split_once('?').unwrap_or((&url, ""));
        let url = format!("{}/test-{:016x}?{query}", place.trim_end_matches('/'), fastrand::u64(..));
        return Place { url: url.parse().unwrap(), backdoor: None, folder: None };
    }
    s3_with_server(SECRET_KEY).0
}

/// A place on a server of its own, which knows this secret key.
pub(crate) fn s3_with_server(secret_key: &'static str) -> (Place, S3Server) {
    let server = S3Server::start(secret_key);
    let url = format!("s3://{BUCKET}/a/b?endpoint={}", server.endpoint);
    let url: StoreUrl = url.parse().unwrap();
    let backdoor = Box::new(S3Backdoor(Arc::clone(&server.bucket)));
    (Place { url, backdoor: Some(backdoor), folder: None }, server)
}

struct S3Backdoor(Arc<Bucket>);

fn key(hash: &SnapshotHash) -> String {
    let digits = hash.to_string();
    format!("a/b/objects/{}/{digits}", &digits[..2])
}

impl Backdoor for S3Backdoor {
    fn read(&self, hash: &SnapshotHash) -> Vec<u8> {
        self.0.objects()[&key(hash)].bytes.clone()
    }

    fn write(&self, hash: &SnapshotHash, bytes: &[u8]) {
        self.0.write(&key(hash), bytes);
    }

    fn make_old(&self, hash: &SnapshotHash, hours: u64) {
        let mut objects = self.0.objects();
        for (_, kept) in objects.iter_mut().filter(|(found, _)| found.starts_with(&key(hash))) {
            kept.stored = SystemTime::now() - Duration::from_secs(hours * 3_600);
        }
    }
}
