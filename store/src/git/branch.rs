//! The branch of a log. It has the log's own name, but where another branch is inside of that name, or around it: as git
//! keeps branches in folders, it then stands aside under a name that no log has and that is inside of nothing.

use std::collections::BTreeSet;

use crate::{LOG_NAME_PART_BYTES_MAX, LogName};

/// Stands for a slash, and at the end. No log's name is written with it.
const ASIDE: char = '+';

/// The name of a log's branch where its own is taken: `tenants/eu+a+` for `tenants/eu/a`. None where that is longer than
/// the one part of a name that it is can be.
pub(super) fn aside(log: &LogName) -> Option<String> {
    let (area, name) = log.as_str().split_once('/')?;
    let name = format!("{area}/{}{ASIDE}", name.replace('/', &ASIDE.to_string()));
    (name.len() <= LOG_NAME_PART_BYTES_MAX).then_some(name)
}

/// The log whose branch has this name.
pub(super) fn log_of(branch: &str) -> Option<LogName> {
    match branch.strip_suffix(ASIDE) {
        Some(name) => name.replace(ASIDE, "/").parse().ok().filter(|log| aside(log).as_deref() == Some(branch)),
        None => branch.parse().ok(),
    }
}

/// Whether a branch of this name would be inside of another, or around it.
pub(super) fn is_taken(name: &str, branches: &BTreeSet<String>) -> bool {
    let inside = format!("{name}/");
    name.match_indices('/').any(|(end, _)| branches.contains(&name[..end]))
        || branches.range(inside.clone()..).next().is_some_and(|inner| inner.starts_with(&inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_is_of_one_log() {
        for (log, branch) in [
            ("tenants/eu", "tenants/eu+"),
            ("tenants/eu/a", "tenants/eu+a+"),
            ("refs/%", "refs/%+"),
            ("a/b.c/%2B", "a/b.c+%2B+"),
        ] {
            let log: LogName = log.parse().unwrap();
            assert_eq!(aside(&log).as_deref(), Some(branch));
            assert_eq!(log_of(branch).as_ref(), Some(&log));
            assert_eq!(log_of(log.as_str()).as_ref(), Some(&log));
        }
        for branch in ["main", "HEAD", "schema-sync/store", "tenants/a+b", "tenants/+", "tenants/a/b+", "tenants+a+"] {
            assert_eq!(log_of(branch), None, "{branch}");
        }
    }

    #[test]
    fn a_name_inside_of_another_is_taken() {
        let branches = ["tenants/eu", "tenants/us-1/a", "tenants/us/a"].map(str::to_owned).into();
        for (name, taken) in [
            ("tenants/eu/a", true),
            ("tenants/eu/a/b", true),
            ("tenants/us", true),
            ("tenants", true),
            ("tenants/us/b", false),
            ("tenants/eu2", false),
            ("tenants/eu", false),
        ] {
            assert_eq!(is_taken(name, &branches), taken, "{name}");
        }
    }
}
