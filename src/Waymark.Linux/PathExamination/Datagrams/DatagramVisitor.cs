namespace Waymark.Linux.PathExamination.Datagrams;

/// <summary>What a socket calls with each packet; must be quick, and must not keep it.</summary>
/// <param name="datagram">The packet.</param>
internal delegate void DatagramVisitor(Datagram datagram);
