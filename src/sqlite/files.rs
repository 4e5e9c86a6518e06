//! Which files are tenants: one file, or those that a pattern finds. Opens none of them.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher, GlobSet, GlobSetBuilder};

use crate::adapter::{AdapterError, Location, TenantContext};

/// Files beside a database that are part of it.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// Directories below the pattern's fixed part that are looked into at most, so that a link to a parent ends.
const DEPTH_MAX: usize = 16;

/// A file, or a pattern and what is left out of it.
#[derive(Debug, Clone)]
pub(super) struct Files {
    path: PathBuf,
    pattern: Option<GlobMatcher>,
    excluded: GlobSet,
}

impl Files {
    /// `pattern` is a path; `*`, `?`, `[…]` and `{…,…}` make it a pattern, in which `*` does not reach over a slash and `**`
    /// does. A file of exactly this name is that file, whatever is in its name. `excluded` are patterns of short names.
    pub(super) fn new(pattern: &str, excluded: &[String]) -> Result<Self, AdapterError> {
        let url = |reason: String| AdapterError::Url { url: format!("sqlite:{pattern}"), reason };
        let mut set = GlobSetBuilder::new();
        for name in excluded {
            set.add(Glob::new(name).map_err(|error| url(format!("in the exclusion `{name}`: {error}")))?);
        }
        let excluded = set.build().map_err(|error| url(error.to_string()))?;
        let path = PathBuf::from(pattern);
        let is_pattern = pattern.contains(['*', '?', '[', '{']) && !path.is_file();
        let pattern = if is_pattern {
            let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build();
            Some(glob.map_err(|error| url(error.to_string()))?.compile_matcher())
        } else {
            None
        };
        Ok(Self { path, pattern, excluded })
    }

    /// All tenants, sorted by name: a file's name without its extension. Excluded ones are left out.
    pub(super) fn tenants(&self) -> Result<Vec<TenantContext>, AdapterError> {
        let mut paths = Vec::new();
        match &self.pattern {
            None => paths.push(self.path.clone()),
            Some(matcher) => {
                let root = fixed_part(&self.path);
                walk(&root, DEPTH_MAX, &mut paths).map_err(|error| self.unusable(&error.to_string()))?;
                paths.retain(|path| matcher.is_match(path) && !is_companion(path));
            }
        }
        let mut tenants = Vec::with_capacity(paths.len());
        for path in paths {
            let name = path.file_stem().and_then(|stem| stem.to_str());
            let name = name.ok_or_else(|| self.unusable(&format!("{} has no name in UTF-8", path.display())))?;
            if !self.excluded.is_match(name) {
                tenants.push(TenantContext::new(name, Location::File(path.clone())));
            }
        }
        tenants.sort();
        match tenants.windows(2).find(|pair| pair[0].name == pair[1].name) {
            Some(pair) => Err(self.unusable(&format!(
                "{:?} and {:?} would both be the tenant {}: a tenant is called by its file's name, which must be its own",
                pair[0].location, pair[1].location, pair[0].name
            ))),
            None => Ok(tenants),
        }
    }

    fn unusable(&self, reason: &str) -> AdapterError {
        AdapterError::Url { url: format!("sqlite:{}", self.path.display()), reason: reason.to_owned() }
    }
}

/// The directories of a pattern before the first that has a wildcard.
fn fixed_part(pattern: &Path) -> PathBuf {
    let is_fixed = |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let fixed: PathBuf = pattern.components().take_while(is_fixed).collect();
    if fixed == pattern { fixed.parent().map(Path::to_path_buf).unwrap_or_default() } else { fixed }
}

fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    for entry in std::fs::read_dir(here)? {
        let path = directory.join(entry?.file_name());
        if path.is_file() {
            files.push(path);
        } else if depth > 0 && path.is_dir() {
            walk(&path, depth - 1, files)?;
        }
    }
    Ok(())
}

fn is_companion(path: &Path) -> bool {
    path.file_name().is_some_and(|name| COMPANIONS.iter().any(|end| name.to_string_lossy().ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn folder(files: &[&str]) -> std::io::Result<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
            std::fs::write(path, "")?;
        }
        Ok(folder)
    }

    fn names(folder: &Path, pattern: &str, excluded: &[&str]) -> Result<Vec<String>, AdapterError> {
        let excluded: Vec<String> = excluded.iter().map(|name| (*name).to_owned()).collect();
        let files = Files::new(&format!("{}/{pattern}", folder.display()), &excluded)?;
        Ok(files.tenants()?.into_iter().map(|tenant| tenant.name).collect())
    }

    #[test]
    fn a_pattern_finds_its_files_and_no_others() -> Outcome {
        let folder = folder(&["b.db", "a.db", "a.db-wal", "note.txt", "deep/c.db", "test_1.db"])?;
        let path = folder.path();
        assert_eq!(names(path, "*.db", &["test_*"])?, ["a", "b"]);
        assert_eq!(names(path, "**/*.db", &[])?, ["a", "b", "c", "test_1"]);
        assert_eq!(names(path, "[ab]*", &[])?, ["a", "b"]);
        assert_eq!(names(path, "a.db", &[])?, ["a"]);
        assert_eq!(names(path, "*.sqlite", &[])?, Vec::<String>::new());
        Ok(())
    }

    #[test]
    fn two_files_of_one_name_are_refused() -> Outcome {
        let folder = folder(&["x/app.db", "y/app.db"])?;
        let error = names(folder.path(), "*/app.db", &[]);
        assert!(matches!(error, Err(AdapterError::Url { .. })), "{error:?}");
        Ok(())
    }
}
