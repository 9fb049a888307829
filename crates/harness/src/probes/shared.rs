//! Pages that the processes of a tree share, and that a sum of their resident sizes counts more than once.

use std::collections::HashMap;
use std::fs;

use super::tree::status_kib;

/// By how much the sum of the members' resident memory counts pages more than once, bytes. `None` where one member alone
/// has nobody to share with, or the kernel does not tell.
///
/// The kernel walks all page tables for it: not to be asked within a timed span.
#[must_use]
pub fn shared_bytes(members: &[u32]) -> Option<u64> {
    if members.len() < 2 {
        return None;
    }
    // A member that is gone shares nothing.
    let maps: Vec<String> =
        members.iter().filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/smaps")).ok()).collect();
    (!maps.is_empty()).then(|| shared_kib(maps.iter().map(String::as_str)) * 1024)
}

/// Of the texts of `/proc/<pid>/smaps`, in KiB. What is mapped from a file, such as the program's text, is there once, and
/// at least as large as in the member that has most of it; that other processes map it too does not matter. What is not,
/// is shared by forks alone: `Pss` gives each of n the nth part.
fn shared_kib<'a>(maps: impl Iterator<Item = &'a str>) -> u64 {
    let mut shared = 0;
    // Sum and largest, by device, inode and offset.
    let mut files: HashMap<(&str, &str, &str), (u64, u64)> = HashMap::new();
    for map in maps.flat_map(mappings) {
        let kib = |name| status_kib(map, name).unwrap_or(0);
        let mut words = map.split_whitespace().skip(2);
        let (Some(offset), Some(device), Some(inode)) = (words.next(), words.next(), words.next()) else { continue };
        if inode == "0" {
            shared += kib("Rss:").saturating_sub(kib("Pss:"));
        } else {
            let resident = kib("Rss:").saturating_sub(kib("Anonymous:"));
            let (sum, most) = files.entry((device, inode, offset)).or_default();
            *sum += resident;
            *most = resident.max(*most);
        }
    }
    shared + files.values().map(|(sum, most)| sum - most).sum::<u64>()
}

/// The text of each mapping: from the line with its addresses to the one with its flags.
fn mappings(smaps: &str) -> impl Iterator<Item = &str> {
    smaps.split_inclusive("\nVmFlags:").map(|text| {
        // What stands behind `VmFlags:` of the one before.
        if text.split_whitespace().next().is_some_and(|word| word.contains('-')) {
            text
        } else {
            text.split_once('\n').map_or("", |(_, rest)| rest)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::tree::look;
    use std::process::{Command, Stdio};

    fn smaps(file_kib: u64, heap_pss: u64) -> String {
        format!(
            "55e0-55f0 r-xp 00001000 fe:00 42 /bin/x y\nSize: 999 kB\nRss: {file_kib} kB\nPss: 1 kB\nAnonymous: 4 kB\n\
             VmFlags: rd ex \n5600-5610 rw-p 00000000 00:00 0 [heap]\nRss: 100 kB\nPss: {heap_pss} kB\n\
             Anonymous: 100 kB\nVmFlags: rd wr \n"
        )
    }

    #[test]
    fn files_count_once_at_their_largest_and_forks_by_their_part() {
        let shared = |maps: &[String]| shared_kib(maps.iter().map(String::as_str));
        assert_eq!(shared(&[smaps(54, 100)]), 0, "one alone shares nothing, whoever else maps the file");
        assert_eq!(shared(&[smaps(54, 100), smaps(34, 100), smaps(4, 100)]), 30);
        assert_eq!(shared(&[smaps(4, 50), smaps(4, 50)]), 100);
        assert_eq!(shared(&["nonsense\n".to_owned()]), 0);
    }

    #[test]
    fn the_same_program_twice_shares_its_text_and_no_more_than_there_is() {
        let start = || Command::new("/bin/cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut cats = [start(), start()];
        for cat in &mut cats {
            // An echo: it has run.
            use std::io::{Read as _, Write as _};
            cat.stdin.as_mut().unwrap().write_all(b"x").unwrap();
            cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        }
        let pids = [cats[0].id(), cats[1].id()];
        let resident: u64 = pids.iter().map(|pid| look(*pid).resident_bytes).sum();
        let shared = shared_bytes(&pids).unwrap();
        assert!(shared > 0 && shared < resident, "{shared} of {resident}");
        assert_eq!(shared_bytes(&pids[..1]), None);
        for mut cat in cats {
            cat.kill().unwrap();
            cat.wait().unwrap();
        }
    }
}
