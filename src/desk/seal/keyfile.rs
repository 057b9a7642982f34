//! The text in which keys are kept.

use crate::{Error, Result};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use jiff::civil::Date;
use rand::{TryRngCore, rngs::OsRng};
use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{Error as Fault, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The id of the key of the blind index.
pub(super) const INDEX: &str = "index";
/// Bytes of a key file that are read. One with a key for every month of 50 years is smaller.
const LONGEST: u64 = 65_536;
/// Bytes of an id.
const LONGEST_ID: usize = 32;

/// A key.
type Key = Zeroizing<[u8; 32]>;

/// The keys of a text, in its order. A fault names the line.
pub(super) fn keys(text: &str) -> Result<Vec<(String, Key)>, String> {
    let mut found: Vec<(String, Key)> = Vec::new();
    for (number, line) in lines(text) {
        let fault = |reason: &str| format!("line {number}: {reason}");
        let (id, encoded) = line.split_once(':').ok_or_else(|| fault("must be `id:base64`"))?;
        let (id, encoded) = (id.trim_end(), encoded.trim_start());
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(fits) {
            return Err(fault("the id must have 1 to 32 characters of a-z, 0-9 and -"));
        }
        let bytes = BASE64.decode(encoded).map(Zeroizing::new).map_err(|_| fault("the key is not base64"))?;
        let mut key = Key::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(fault("the key must have 32 bytes, which are 44 characters of base64"));
        }
        key.copy_from_slice(&bytes);
        if key.iter().collect::<BTreeSet<_>>().len() < 8 {
            return Err(fault("the key is not random"));
        }
        if found.iter().any(|(other, _)| other == id) {
            return Err(fault("the id stands on a line above already"));
        }
        if found.iter().any(|(_, other)| *other == key) {
            return Err(fault("the key stands on a line above already"));
        }
        found.push((id.to_owned(), key));
    }
    Ok(found)
}

/// The lines that hold something, numbered from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start_matches('\u{feff}').trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The text of a new key file: an index key, and a first key named after the day.
///
/// # Panics
/// Where the operating system has no randomness.
pub fn generate(today: Date) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "# Keys of the complaint desk. Whoever has them reads every contact: keep a copy apart from the database, as\n\
         # without them nobody does. The first key seals; the others only open what they sealed.\n\
         {today}:{}\n\
         # Finds equal contacts. Never changes: a new one would find none of the old.\n\
         {INDEX}:{}\n",
        &*random_key(),
        &*random_key(),
    ))
}

/// A key file with a new current key, named after the day. All that stood in it stays: the old keys are needed until every
/// value is resealed.
///
/// # Errors
/// [`Error::SealKeys`] where the text has a fault already.
///
/// # Panics
/// Where the operating system has no randomness.
pub fn add_key(text: &str, origin: &str, today: Date) -> Result<Zeroizing<String>> {
    let known = keys(text).map_err(|reason| Error::SealKeys { origin: origin.to_owned(), reason })?;
    let free = |id: &String| known.iter().all(|(other, _)| other != id);
    let mut names = std::iter::once(today.to_string()).chain((2..).map(|n| format!("{today}-{n}")));
    let id = names.find(free).expect("there are more names than keys");
    let at = lines(text).next().map_or(usize::MAX, |(number, _)| number - 1);
    // Large enough from the start: growing would leave copies of the keys behind.
    let mut added = Zeroizing::new(String::with_capacity(text.len() + 2 * LONGEST_ID + 64));
    for line in text.lines().take(at) {
        added.push_str(line);
        added.push('\n');
    }
    added.push_str(&format!("{id}:"));
    added.push_str(&random_key());
    added.push('\n');
    for line in text.lines().skip(at) {
        added.push_str(line);
        added.push('\n');
    }
    Ok(added)
}

/// Puts a new current key into a key file, as [`add_key`] does. Whatever happens, the old file or the new one is there, whole;
/// when this returns, a loss of power changes nothing about the new one.
///
/// # Errors
/// [`Error::File`]; [`Error::SealKeys`] where the file has a fault, or a file with other keys stands where the new one is
/// written: `NAME.new`.
pub fn renew(path: &Path, today: Date) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let old = read(path)?;
    let known = keys(&old).map_err(|reason| Error::SealKeys { origin: path.display().to_string(), reason })?;
    let text = add_key(&old, &path.display().to_string(), today)?;
    match left(&beside)? {
        Left::Nothing => write_new(&beside, &text)?,
        // It broke off in the middle, so nothing was sealed with it.
        Left::Broken => {
            std::fs::remove_file(&beside).map_err(|source| Error::file(&beside, source))?;
            write_new(&beside, &text)?;
        }
        // A run that broke off made it, and may have sealed with it already.
        Left::Keys(left) if left.len() == known.len() + 1 && left[1..] == known[..] => {}
        Left::Keys(_) => {
            let reason = format!("it has other keys than {}: move it away, and keep it", path.display());
            return Err(Error::SealKeys { origin: beside.display().to_string(), reason });
        }
    }
    std::fs::rename(&beside, path).map_err(|source| Error::file(path, source))?;
    settle(path)
}

/// What stands where a new key file is written.
enum Left {
    Nothing,
    Broken,
    Keys(Vec<(String, Key)>),
}

fn left(path: &Path) -> Result<Left> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Left::Nothing),
        Err(source) => return Err(Error::file(path, source)),
    };
    Ok(match std::str::from_utf8(&bytes).map(keys) {
        Ok(Ok(keys)) if !keys.is_empty() => Left::Keys(keys),
        _ => Left::Broken,
    })
}

/// Writes a new file that only its owner may read and change. An existing one is never overwritten.
///
/// # Errors
/// [`Error::File`], also where it exists.
pub fn write_new(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = |mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    options.open(path).and_then(write).map_err(|source| Error::file(path, source))?;
    settle(path)
}

/// Makes the name of a file durable: it is kept by its folder.
fn settle(path: &Path) -> Result<()> {
    // Elsewhere a folder cannot be opened, and the system sees to its names itself.
    if cfg!(unix) {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| Error::file(folder, source))?;
    }
    Ok(())
}

/// The text of a key file that only its owner may read and change.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>> {
    let failed = |source| Error::file(path, source);
    let file = File::open(path).map_err(failed)?;
    private(&file).map_err(failed)?;
    let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize + 1));
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(failed(Fault::new(ErrorKind::InvalidData, format!("a key file has at most {LONGEST} bytes"))));
    }
    Ok(text)
}

/// Refuses a file that others may read or change. The file is asked that was opened, not the path.
#[cfg(unix)]
fn private(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    match mode & 0o177 {
        0 => Ok(()),
        _ => Err(Fault::new(
            ErrorKind::PermissionDenied,
            format!(
                "its permissions are {mode:04o}, so others than its owner may use the keys: `chmod 600` it, or give the \
                 keys in the environment"
            ),
        )),
    }
}

/// Elsewhere the folder's access list says who may read it.
#[cfg(not(unix))]
fn private(_: &File) -> std::io::Result<()> {
    Ok(())
}

/// 32 bytes of the operating system's, as base64.
fn random_key() -> Zeroizing<String> {
    let mut key = Key::new([0; 32]);
    OsRng.try_fill_bytes(&mut key[..]).expect("the operating system has randomness, or nothing here is safe");
    Zeroizing::new(BASE64.encode(&key[..]))
}
