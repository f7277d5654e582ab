namespace Waymark.SystemTests;
