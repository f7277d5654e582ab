using Waymark.Flows;

namespace Waymark.Linux.FilterRuleEncoding;

/// <summary>How names and sentences call a family.</summary>
internal static class FamilyWords
{
    extension(IpFamily family)
    {
        /// <summary>4 or 6, at the end of a name.</summary>
        public char Digit => family == IpFamily.V4 ? '4' : '6';

        /// <summary>As people write it.</summary>
        public string Word => family == IpFamily.V4 ? "IPv4" : "IPv6";
    }
}
