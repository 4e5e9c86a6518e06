//! Listing the logs of a store in which a name may be damaged: where a list fails, it is asked for in narrower parts,
//! until only what is damaged is missing from it.

use std::collections::{BTreeSet, VecDeque};

use schema_sync_store::{LogName, StoreError};

use super::{Check, Damaged, is_outage, reason};

/// Where names of logs begin.
const AREAS: [&str; 3] = ["tenants/", "refs/", "rollouts/"];
/// The characters of names as they are written.
const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.%/";
/// Lists that are asked for at most: enough for names of some hundred characters.
const LISTS_MAX: usize = 20_000;
/// Lists that may fail one after the other: where a name is damaged, most others around it are whole.
const FAILURES_MAX: usize = 100;

impl Check<'_> {
    pub(super) async fn list_logs(&mut self) -> Result<(), StoreError> {
        match self.store.logs("").await {
            Ok(logs) => self.logs = logs,
            Err(error @ (StoreError::Corrupt { .. } | StoreError::LogName(_))) => {
                self.damage(Damaged::LogList(String::new()), reason(error), Vec::new());
                self.logs = self.list_parts().await?.into_iter().collect();
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn list_parts(&mut self) -> Result<BTreeSet<LogName>, StoreError> {
        let mut found = BTreeSet::new();
        // Names that have no list, and a last entry that cannot be read: logs, unless nothing at all can be read.
        let mut doubtful = Vec::new();
        let mut to_list = VecDeque::from(AREAS.map(str::to_owned));
        let (mut lists, mut failures) = (0, 0);
        while let Some(prefix) = to_list.pop_front() {
            lists += 1;
            if lists > LISTS_MAX || failures > FAILURES_MAX {
                self.damage(Damaged::LogList(prefix), "too much of it is damaged to find the rest", Vec::new());
                return Ok(found);
            }
            match self.store.logs(&prefix).await {
                Ok(logs) => {
                    failures = 0;
                    found.extend(logs);
                }
                Err(error) if is_outage(&error) => return Err(error),
                Err(_) => {
                    failures += 1;
                    if let Ok(log) = prefix.parse::<LogName>() {
                        match self.store.last_entry(&log).await {
                            Ok(Some(_)) => drop(found.insert(log)),
                            Ok(None) => {}
                            Err(_) => doubtful.push(log),
                        }
                    }
                    to_list.extend(CHARACTERS.chars().map(|next| format!("{prefix}{next}")));
                }
            }
        }
        found.extend(doubtful);
        Ok(found)
    }
}
