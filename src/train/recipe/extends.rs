//! Recipes that build on another one. What stands below can be replaced, not taken away.

use crate::{Error, Result};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The key that names the recipe below, from the folder of the one that says it.
const EXTENDS: &str = "extends";

/// The table of a recipe that extends another one, laid over that: tables are laid over one another key by key, and everything else takes
/// the place of what stands below. None for a recipe that extends none.
///
/// # Errors
/// [`Error::Recipe`] with the line of a syntax fault, for a recipe below that cannot be read, or where recipes extend each other in a ring.
pub fn laid(path: &Path, text: &str) -> Result<Option<Table>> {
    let mut above = Vec::new();
    let own = table(path, text)?;
    if own.contains_key(EXTENDS) { over_base(path, own, &mut above).map(Some) } else { Ok(None) }
}

fn table(path: &Path, text: &str) -> Result<Table> {
    let fault =
        |e: toml::de::Error| Error::Recipe { path: path.to_owned(), reason: e.to_string().trim_end().to_owned() };
    text.parse().map_err(fault)
}

fn over_base(path: &Path, mut own: Table, above: &mut Vec<PathBuf>) -> Result<Table> {
    let fault = |reason: String| Error::Recipe { path: path.to_owned(), reason };
    let base = match own.remove(EXTENDS) {
        None => return Ok(own),
        Some(Value::String(base)) => path.with_file_name(base),
        Some(other) => return Err(fault(format!("{EXTENDS} is {other}; it is the path of a recipe, in quotes"))),
    };
    above.push(path.canonicalize().map_err(|e| Error::file(path, e))?);
    if base.canonicalize().is_ok_and(|base| above.contains(&base)) {
        return Err(fault(format!("{EXTENDS} leads in a ring, by {}; take it out of one of them", base.display())));
    }
    let text = std::fs::read_to_string(&base);
    let text = text.map_err(|e| fault(format!("{EXTENDS} {}, which cannot be read: {e}", base.display())))?;
    let mut whole = over_base(&base, table(&base, &text)?, above)?;
    lay(&mut whole, own);
    Ok(whole)
}

fn lay(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Recipe;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    const BASE: &str = "name = \"base\"\nseed = 3\ntaxonomy = \"retail-v1\"\n[data]\ncalibration = 0.2\ntrain = [{ path = \"a.csv\" }, { path = \"b.csv\" }]\ndev = []\n\
                        [rounds]\nepochs = 4\nbatch = 16\n";

    #[test]
    fn what_a_recipe_says_stands_over_what_it_extends() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "base.toml", BASE);
        write(folder.path(), "middle.toml", "extends = \"base.toml\"\nname = \"middle\"\n[rounds]\nepochs = 2\n");
        let top = "extends = \"middle.toml\"\nseed = 5\n[data]\ntrain = [{ path = \"c.csv\" }]\n";
        let recipe = Recipe::open(&write(folder.path(), "top.toml", top)).unwrap();
        assert_eq!((recipe.name.as_str(), recipe.seed), ("middle", 5));
        assert_eq!((recipe.rounds.epochs, recipe.rounds.batch), (2, 16));
        assert_eq!(recipe.data.calibration, 0.2);
        assert_eq!(recipe.data.train.len(), 1, "a list takes the place of the list below");
    }

    #[test]
    fn a_ring_a_stranger_and_a_wrong_key_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name: &str, text: &str| Recipe::open(&write(folder.path(), name, text)).unwrap_err().to_string();
        write(folder.path(), "base.toml", BASE);
        write(folder.path(), "one.toml", "extends = \"two.toml\"\n");
        let ring = told("two.toml", "extends = \"one.toml\"\n");
        assert!(ring.contains("in a ring"), "{ring}");
        let stranger = told("stranger.toml", "extends = \"nowhere.toml\"\n");
        assert!(stranger.contains("nowhere.toml"), "{stranger}");
        let wrong = told("wrong.toml", "extends = \"base.toml\"\n[rounds]\nepoch = 2\n");
        assert!(wrong.contains("epoch"), "{wrong}");
        let number = told("number.toml", "extends = 3\n");
        assert!(number.contains("in quotes"), "{number}");
        let syntax = told("syntax.toml", "extends = \"base.toml\"\nseed = = 2\n");
        assert!(syntax.contains("line 2"), "{syntax}");
    }
}
