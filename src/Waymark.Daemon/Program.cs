Console.Error.WriteLine("waymarkd: nothing to run yet");
return 70;
