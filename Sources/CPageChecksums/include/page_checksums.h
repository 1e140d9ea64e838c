#ifndef TRACEWIRE_PAGE_CHECKSUMS_H
#define TRACEWIRE_PAGE_CHECKSUMS_H

/// Bytes at the end of each page of a sealed database, which SQLite leaves to us: a checksum of what stands before them.
enum { page_seal_bytes = 8 };

/// Makes a VFS known to SQLite, once in a process, and returns the name by which a connection asks for it; NULL if SQLite has no
/// memory for it.
///
/// It stands on whatever VFS is the default when a file is opened, and keeps databases sealed: each page has a checksum, which is
/// made when the page is written to the write-ahead log or to the file, and looked at when it is read from either. A page that is
/// not what was written is not handed out: the call fails with SQLITE_IOERR_DATA. Of the first page the counters are left out that
/// SQLite changes in a copy which its backup makes.
///
/// A sealed database says in its header that 8 bytes of each page are not SQLite's (offset 20), and that its format is one that
/// SQLite reads and does not write (3 at offset 18): any program with SQLite can read it, and copy its log into it, but none can
/// change a page and leave a wrong checksum. Databases that are not sealed are read and written as they are. A new file is sealed if
/// its first page reserves the bytes, and takes it that it will until that page is written. Other files pass through. There are no
/// memory maps.
///
/// https://www.sqlite.org/fileformat.html, sections 1.3 and 4. SQLite's own extension `cksumvfs` keeps its checksums in the same
/// bytes, and leaves the log out.
const char *page_checksums_register(void);

/// Whether the first bytes of a file, 100 or more, are the header of a database that is sealed.
int page_checksums_are_sealed(const unsigned char *bytes, int count);

#endif
